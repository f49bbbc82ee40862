//! First steps: what to do next, for somebody who typed nothing but the name.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use coinage_devnet as devnet;

use super::account;
use super::context::Context;
use super::failure::Failure;
use super::globals::Globals;
use super::printer::{Output, Printer};

/// Time to wait for a node that may not be there.
const PATIENCE: Duration = Duration::from_millis(500);

const TITLE: &str = "\
coinage: issue your own coin and run it on your own network,\nwith no central server.\n";

/// The things that there are on this machine.
#[derive(Clone, Debug, Default)]
struct Scene {
    /// Node that answers: the network's name, the node's height and the flag that
    /// names the devnet if it is one's.
    node: Option<(String, u64, Option<String>)>,
    /// True if a devnet was made, which may not run.
    devnet: bool,
    /// The name of the first wallet of the user's own.
    wallet: Option<String>,
}

/// Shows on a terminal the next command to type; otherwise a usage error, as a script made a
/// mistake.
pub(super) fn run(globals: Globals, printer: Printer) -> ExitCode {
    let failure = Failure::new("usage.no_command", "say what to do")
        .hint("`coinage devnet` begins, `coinage --help` lists everything");
    if printer.is_json() || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return printer.finish(Err(failure));
    }
    let scene = Context::new(globals, printer).map(look_around);
    printer.finish(scene.map(|scene| Output::new((), words(&scene))))
}

fn look_around(mut context: Context) -> Scene {
    context.client = context.client.impatient(PATIENCE);
    let status = context.status().ok().cloned();
    let node = status.map(|status| {
        (status.network, status.head.height, status.devnet.as_deref().map(devnet::flag_for))
    });
    let wallets = account::everything(&context).unwrap_or_default();
    let wallet = wallets.iter().find(|found| !found.devnet && found.entry.has_secret);
    let wallet = wallet.map(|found| found.entry.name.to_string());
    Scene { node, devnet: !devnet::node_names(context.devnet_dir()).is_empty(), wallet }
}

/// The scene in a sentence, and what one may type next, the likeliest first.
fn words(scene: &Scene) -> String {
    let mine = scene.wallet.as_deref();
    let (sentence, next): (String, Vec<(String, &str)>) = match &scene.node {
        Some((_, height, Some(flag))) => (
            format!("A devnet runs; its head is block {height}. alice, bob and carol have COIN."),
            vec![
                ("coinage send 5 COIN bob --from alice".into(), "pay somebody"),
                ("coinage balance bob".into(), "see that it arrived"),
                (format!("coinage devnet{flag} status"), "see all its nodes"),
                ("coinage token create GOLD --supply 1000 --from alice".into(), "issue a coin"),
            ],
        ),
        Some((network, height, None)) => {
            let first = mine.map_or_else(
                || ("coinage wallet new me".to_owned(), "make a key to receive and pay with"),
                |name| (format!("coinage balance {name}"), "see what you have"),
            );
            (
                format!("A node of the network {network:?} runs; its head is block {height}."),
                vec![first, ("coinage node status".into(), "see how it stands")],
            )
        }
        None if scene.devnet => (
            "No node runs here; there is a devnet that can go on.".into(),
            vec![("coinage devnet".into(), "start it again, where it stopped")],
        ),
        None if mine.is_some() => (
            "No node runs here, but you have a wallet.".into(),
            vec![
                ("coinage join INVITE".into(), "make this machine a node of a network"),
                ("coinage devnet".into(), "or four nodes on this machine, to try it"),
            ],
        ),
        None => (
            "Nothing runs here yet.".into(),
            vec![
                ("coinage devnet".into(), "four nodes on this machine, ready to use"),
                ("coinage send 5 COIN bob --from alice".into(), "pay somebody"),
                ("coinage balance bob".into(), "see that it arrived"),
            ],
        ),
    };
    let help = ("coinage --help".to_owned(), "everything else");
    let lines = next.iter().chain([&help]);
    let width = lines.clone().map(|(command, _)| command.len()).max().unwrap_or(0);
    let lines: Vec<_> = lines.map(|(command, why)| format!("  {command:width$}  {why}")).collect();
    format!("{TITLE}\n{sentence}\n\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first command that is proposed.
    fn next(scene: &Scene) -> String {
        let words = words(scene);
        let line = words.lines().find(|line| line.starts_with("  ")).expect("a proposal");
        line.trim().split("  ").next().expect("a command").to_owned()
    }

    #[test]
    fn what_to_type_next_depends_on_what_there_is() {
        let nothing = Scene::default();
        assert_eq!(next(&nothing), "coinage devnet");
        let stopped = Scene { devnet: true, ..nothing.clone() };
        assert_eq!(next(&stopped), "coinage devnet");
        assert!(words(&stopped).contains("go on"));
        let devnet =
            Scene { node: Some(("devnet".into(), 7, Some(" --dir net".into()))), ..stopped };
        assert_eq!(next(&devnet), "coinage send 5 COIN bob --from alice");
        assert!(words(&devnet).contains("coinage devnet --dir net status"));
        let real = Scene { node: Some(("points".into(), 7, None)), ..nothing.clone() };
        assert_eq!(next(&real), "coinage wallet new me");
        let mine = Scene { wallet: Some("me".into()), ..real };
        assert_eq!(next(&mine), "coinage balance me");
        let apart = Scene { node: None, ..mine };
        assert!(next(&apart).starts_with("coinage join"));
    }

    #[test]
    fn every_proposal_fits_on_a_line() {
        let of = |flag: Option<&str>| Some(("n".to_owned(), 1, flag.map(str::to_owned)));
        for node in [None, of(Some("")), of(None)] {
            for (devnet, wallet) in [(true, None), (false, Some("me".to_owned())), (false, None)] {
                let scene = Scene { node: node.clone(), devnet, wallet };
                for line in words(&scene).lines() {
                    assert!(line.len() <= 80, "{line}");
                }
            }
        }
    }
}
