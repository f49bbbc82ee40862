use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::super::control::{Control, Request, ask};
use super::super::foreground::{self, Show};
use super::super::report::Outlet;
use super::*;

/// A program that takes a node's arguments, says where it listens, and runs while its stdin is
/// open. The ports are nobody's: it serves nothing.
const PROGRAM: &str = r#"#!/bin/sh
echo "$*" >&2
while [ $# -gt 0 ]; do [ "$1" = --data ] && data=$2; shift; done
printf '{"api":"http://127.0.0.1:1","p2p":["/ip4/127.0.0.1/tcp/2"],"pid":%d}' $$ \
    > "$data/addresses.json"
echo started >&2
exec cat
"#;

fn config(temp: &Path, program: &str) -> Config {
    let path = temp.join("program");
    fs::write(&path, program).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("executable");
    let (nodes, base_port) = (Some(3), Some(0));
    Config { nodes, base_port, ..Config::new(temp.join("devnet"), path) }
}

async fn start() -> (Devnet, TempDir) {
    let temp = tempfile::tempdir().expect("a directory");
    let devnet = Devnet::start(config(temp.path(), PROGRAM)).await.expect("started");
    (devnet, temp)
}

fn running(status: &DevnetStatus) -> Vec<bool> {
    status.nodes.iter().map(|node| node.running).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_killed_wiped_started_and_stopped_one_by_one() {
    let (devnet, _temp) = start().await;
    assert_eq!(running(&devnet.status().await), [true; 3]);
    let error = devnet.start_node(2, None).await.expect_err("it runs");
    assert_eq!(error.code(), "devnet.node_running");
    assert_eq!(devnet.wipe(2).await.expect_err("it runs").code(), "devnet.node_running");
    devnet.kill(2).await.expect("killed");
    assert_eq!(running(&devnet.status().await), [true, false, true]);
    assert_eq!(devnet.kill(2).await.expect_err("killed").code(), "devnet.node_not_running");
    let data = devnet.directory().data(2);
    fs::write(data.join("blocks"), "chain").expect("written");
    devnet.wipe(2).await.expect("wiped");
    assert!(!data.join("blocks").exists());
    assert!(devnet.directory().key(2).exists(), "a wipe takes the chain, not the key");
    devnet.start_node(2, Some(-1500)).await.expect("started");
    assert_eq!(running(&devnet.status().await), [true; 3]);
    assert_eq!(devnet.kill(4).await.expect_err("no such node").code(), "devnet.unknown_node");
    devnet.stop().await;
    assert_eq!(running(&devnet.status().await), [false; 3]);
    let log = fs::read_to_string(devnet.directory().log(2)).expect("a log");
    let [first, _, again, _] = log.lines().collect::<Vec<_>>()[..] else { panic!("{log}") };
    assert!(first.starts_with("node run --no-discovery --stop-with-stdin --name n2"), "{first}");
    assert_eq!(first.matches("--peer /ip4/127.0.0.1/tcp/").count(), 1, "n2 dials n3: {first}");
    assert!(again.ends_with("--clock-offset-ms -1500"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_at_once_is_told_with_its_last_line() {
    let temp = tempfile::tempdir().expect("a directory");
    let config = config(temp.path(), "#!/bin/sh\necho 'no such flag' >&2\nexit 2\n");
    let error = Devnet::start(config).await.expect_err("no node");
    assert_eq!(error.code(), "devnet.node_failed");
    assert!(error.to_string().ends_with("did not start: no such flag"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_nodes_never_count_as_ready() {
    let (devnet, _temp) = start().await;
    let error = devnet.wait_ready(Duration::from_millis(200)).await.expect_err("silent");
    assert_eq!(error.code(), "devnet.not_ready");
    devnet.stop().await;
    let error = devnet.wait_ready(Duration::from_secs(5)).await.expect_err("stopped");
    assert!(matches!(error, DevnetError::NodeStopped { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_before_anything_is_started() {
    let temp = tempfile::tempdir().expect("a directory");
    let mut config = config(temp.path(), PROGRAM);
    // It is the API port of n1, or where that leaves no room above, the P2P port.
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = taken.local_addr().expect("bound").port();
    let base = if port > 60_000 { port - 1000 } else { port };
    config.base_port = Some(base);
    let error = Devnet::start(config.clone()).await.expect_err("taken");
    assert_eq!(error.code(), "devnet.port_taken");
    assert!(error.to_string().contains("--base-port"), "{error}");
    // A start that was refused binds nobody to its settings.
    config.base_port = Some(0);
    config.nodes = Some(1);
    config.slot = Some(Duration::from_secs(2));
    let settings = Devnet::prepare(config).await.expect("other settings").status().await;
    assert_eq!((settings.nodes.len(), settings.slot_ms), (1, 2000));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_carries_requests_and_survives_rubbish() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (devnet, _temp) = start().await;
    let root = devnet.directory().root().to_owned();
    // What a supervisor leaves that was killed.
    drop(std::os::unix::net::UnixListener::bind(root.join("control.sock")).expect("a socket"));
    assert_eq!(ask(&root, &Request::Status).expect_err("stale").code(), "devnet.not_running");
    let control = Control::bind(&root).expect("the stale socket is replaced");
    let mode = fs::metadata(root.join("control.sock")).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let stop = tokio::sync::watch::Sender::new(false);
    let mut stopped = stop.subscribe();
    let serving = tokio::spawn({
        let devnet = devnet.clone();
        async move { control.serve(&devnet, &stop).await }
    });
    let mut large = vec![b' '; 100_000];
    large.push(b'\n');
    for rubbish in [b"\xff{]\n".to_vec(), b"{\"command\":\"format\"}\n".to_vec(), large] {
        let mut stream =
            tokio::net::UnixStream::connect(root.join("control.sock")).await.expect("up");
        // It may hang up before it has read everything.
        let _written = stream.write_all(&rubbish).await;
        let mut answer = [0; 17];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"{\"error\":{\"code\":");
    }
    let asked = |request: Request| {
        let root = root.clone();
        tokio::task::spawn_blocking(move || ask(&root, &request))
    };
    let groups = vec![vec![1], vec![2, 3]];
    let cut = asked(Request::Partition { groups }).await.expect("asked").expect("cut");
    assert_eq!(cut.links_cut, [[1, 2], [1, 3]]);
    let many = (0..20).map(|_| asked(Request::Status));
    for status in futures::future::join_all(many).await {
        assert_eq!(status.expect("asked").expect("a status").links_cut.len(), 2);
    }
    let refused = asked(Request::Wipe { node: 1 }).await.expect("asked").expect_err("it runs");
    assert_eq!(refused.code(), "devnet.node_running");
    assert!(refused.hint().expect("a hint").contains("kill 1"));
    assert!(asked(Request::Heal).await.expect("asked").expect("healed").links_cut.is_empty());
    let status = asked(Request::Stop).await.expect("asked").expect("stopped");
    assert_eq!(running(&status), [false; 3]);
    stopped.wait_for(|stop| *stop).await.expect("the supervisor is told");
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_with_a_long_name_has_its_socket_elsewhere() {
    let temp = tempfile::tempdir().expect("a directory");
    let root = temp.path().join("x".repeat(120));
    fs::create_dir(&root).expect("created");
    let control = Control::bind(&root).expect("listening");
    let note = fs::read_to_string(root.join("control.path")).expect("a note");
    assert!(Path::new(&note).exists());
    drop(control);
    assert!(!Path::new(&note).exists());
    let error = ask(&root, &Request::Status).expect_err("gone");
    assert_eq!(error.code(), "devnet.not_running");
}

/// All that was said to somebody who stays.
#[derive(Default)]
struct Said(Vec<String>);

impl Outlet for Said {
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.0.push(text.to_owned());
        Ok(())
    }

    fn is_closed(&self) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_devnet_in_the_foreground_shows_its_nodes_lines_and_ends_when_asked_to_stop() {
    let temp = tempfile::tempdir().expect("a directory");
    // The nodes take their time to end: that they do not agree meanwhile is no failure.
    let program = PROGRAM.replace("exec cat", "cat; sleep 0.5");
    let config = config(temp.path(), &program);
    let root = config.dir.clone();
    let asking = tokio::task::spawn_blocking(move || {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let up = |status: &DevnetStatus| status.nodes.iter().all(|node| node.running);
        while !ask(&root, &Request::Status).is_ok_and(|status| up(&status)) {
            assert!(std::time::Instant::now() < deadline, "it does not come up");
            std::thread::sleep(POLL);
        }
        ask(&root, &Request::Stop)
    });
    let mut said = Said::default();
    let show = Show { json: false, log: true, all: false, cargo: false, open: false };
    let ended = foreground::run(config, show, &mut said).await.expect("stopped");
    let said = said.0;
    asking.await.expect("asked").expect("an answer comes before the end");
    assert_eq!(running(&ended), [false; 3]);
    assert!(said[0].starts_with("devnet | created the devnet in "), "{said:?}");
    assert!(said.contains(&"n3 | started".to_owned()), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("ready")), "nodes that answer nothing: {said:?}");
    assert!(!ended.dir.join("control.sock").exists());
}
