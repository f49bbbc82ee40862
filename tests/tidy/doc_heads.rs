//! First lines of doc comments: each stands alone in an editor's hover and in a search result.

use super::none;
use super::sources::sources;

/// Rooms at the top of the repository whose comments are held to the rule.
const ROOMS: [&str; 3] = ["node", "protocol", "tests"];

/// Words that begin no first line: what they speak of is only clear from what is around them.
const LEANING: &[&str] = &[
    "It",
    "Its",
    "They",
    "Their",
    "Them",
    "He",
    "She",
    "This",
    "That",
    "These",
    "Those",
    "What",
    "Who",
    "Whom",
    "Whose",
    "Whoever",
    "Whatever",
    "Which",
    "Where",
    "When",
    "How",
    "Why",
    "Whether",
    "One",
    "Another",
    "Nobody",
    "Somebody",
    "Something",
    "Everybody",
    "Everything",
    "Nothing",
    "Such",
    "Same",
    "Of",
    "By",
    "From",
    "For",
    "At",
    "On",
    "With",
    "In",
    "To",
    "As",
    "Until",
];

/// Lists the first lines of doc comments that lean on their surroundings, by number, from 1.
fn leaning(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut before = None;
    let mut arguments = None;
    let mut rest = text.lines();
    let mut number = 0;
    while let Some(line) = rest.next() {
        number += 1;
        let comment = doc_comment(line);
        let mark = comment.map(|(mark, _)| mark);
        if let Some((_, words)) = comment
            && mark != before
            && LEANING.contains(&first_word(words))
            && arguments.is_none()
            && !is_help(rest.clone())
        {
            found.push(number);
        }
        before = mark;
        let indent = &line[..line.len() - line.trim_start().len()];
        if is_argument_type(line) {
            arguments = Some(indent);
        } else if arguments == Some(indent) && line.ends_with(['}', ';']) {
            arguments = None;
        }
    }
    found
}

/// The mark and the words of a line that is a doc comment.
fn doc_comment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let marks = ["///", "//!"].into_iter();
    let mut comments = marks.filter_map(|mark| Some((mark, line.strip_prefix(mark)?)));
    comments.next().filter(|(_, words)| !words.starts_with('/'))
}

fn first_word(words: &str) -> &str {
    let words = words.trim_start();
    words.split(|one: char| !one.is_alphabetic()).next().unwrap_or_default()
}

/// Checks whether a comment is shown by `--help`, beside the name of what it is about.
fn is_help<'a>(mut after: impl Iterator<Item = &'a str>) -> bool {
    let code = after.find(|line| doc_comment(line).is_none()).unwrap_or_default();
    let attributes = ["#[arg(", "#[command("];
    is_argument_type(code) || attributes.iter().any(|one| code.trim_start().starts_with(one))
}

/// Checks whether a line begins a type whose comments, and those of its fields or variants, are
/// shown by `--help`.
fn is_argument_type(line: &str) -> bool {
    let derived = line.trim_start().strip_prefix("#[derive(").unwrap_or_default();
    let mut words = derived.split(|one: char| !one.is_alphabetic());
    words.any(|word| ["Args", "Parser", "Subcommand", "ValueEnum"].contains(&word))
}

#[test]
fn the_first_line_of_a_doc_comment_stands_alone() {
    let mut found = Vec::new();
    for file in sources(".rs") {
        if ROOMS.iter().any(|room| file.path.split('/').next() == Some(room)) {
            let lines = leaning(&file.text).into_iter();
            found.extend(lines.map(|number| format!("{}:{number}", file.path)));
        }
    }
    none(found, "the first line of a doc comment names what it is about");
}

#[test]
fn a_first_line_that_leans_on_others_is_found_and_further_lines_are_not() {
    let leans = [
        "/// Whom.\npeer: PeerRef,",
        "//! What a node does.\n",
        "code();\n    /// Its number.\n    number: u64,",
        "//! A room.\n/// It no longer does.\nfn does() {}",
        "/// A peer.\nstruct Peer;\n/// Where's the tip?\nfn tip() {}",
        "/// How many.\n#[serde(default)]\ncount: u64,",
        "#[derive(Args)]\nstruct Seeds {\n    seeds: u64,\n}\n/// Whose.\nstruct Owner;",
        "#[derive(ValueEnum)]\nstruct Seed(u64);\nmod inner {\n    /// Its number.\n}",
    ];
    let stands = [
        "/// Bytes of a gossip batch at most.\nconst BYTES: usize = 1;",
        "/// A peer.\n/// It may ask.\n///\n/// What it asks costs.\nstruct Peer;",
        "/// Itemised list.\n/// Tops of branches.\nfn list() {}",
        "// What is not shown anywhere.\n//// Nor this.\nlet one = \"/// Whom.\";",
        "/// How many seeds.\n/// So many.\n#[arg(long)]\nseeds: u64,",
        "/// What to do.\n#[derive(Debug, Args)]\nstruct Do {\n    /// Which one\n    one: u64,\n}",
        "#[derive(Subcommand)]\nenum Do {\n    A {\n        /// Of what\n        of: u8\n    },\n}",
    ];
    assert_eq!(leans.map(|text| leaning(text).len()), [1; 8]);
    assert_eq!(stands.map(|text| leaning(text).len()), [0; 7]);
    assert_eq!(leaning(leans[2]), [2]);
}
