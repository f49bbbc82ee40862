//! Inputs that are tried on the wire.

use super::{ANSWERED, EVERYWHERE, Entry, entry, limits, messages, shapes, told};

pub(super) const ENTRIES: &[Entry] = &[
    entry("W1", "no bytes are no message", EVERYWHERE, shapes::empty),
    entry("W2", "a message cut short at any byte is none", EVERYWHERE, shapes::truncated),
    entry("W3", "a byte too many is no message", EVERYWHERE, shapes::trailing),
    entry("W4", "an unknown tag is no message", EVERYWHERE, shapes::tags),
    entry("W5", "a presence byte other than 0 and 1 is no message", EVERYWHERE, shapes::presence),
    entry("W6", "bad text is no message", EVERYWHERE, shapes::texts),
    entry("W7", "a length of 2^63 before ten bytes is no message", EVERYWHERE, limits::endless),
    entry("W8", "what is exactly as long as allowed is taken", EVERYWHERE, limits::exact),
    entry("W9", "what is one longer than allowed is refused", EVERYWHERE, limits::one_more),
    entry("W10", "a message on the wrong topic is none", EVERYWHERE, shapes::wrong_topic),
    told(
        "W11",
        "unknown topics by the hundred cost nothing",
        &["messages_above_the_limit_and_on_unknown_topics_cost_the_node_nothing"],
    ),
    told(
        "W12",
        "silent and slow peers harm nobody",
        &[
            "a_peer_that_never_answers_is_let_go",
            "questions_of_a_byte_a_second_end_after_ten_seconds_and_harm_nobody",
            "peers_that_claim_and_serve_nothing_do_not_keep_the_node_from_the_chain",
        ],
    ),
    told(
        "W13",
        "101 questions at once harm nobody",
        &["a_hundred_questions_at_once_neither_harm_others_nor_fill_the_log"],
    ),
    entry("W14", "an answer that no question fits is blamed", ANSWERED, messages::answers),
    entry("W15", "a peer of another network is refused", ANSWERED, messages::strangers),
    told(
        "W16",
        "noise and HTTP on the P2P port end the connection",
        &["other_languages_on_the_p2p_port_get_a_closed_connection"],
    ),
    entry("W17", "a message with one wrong bit is blamed", EVERYWHERE, shapes::flipped),
];
