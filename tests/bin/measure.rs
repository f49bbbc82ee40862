//! Measures a devnet of real processes on this machine and prints what it saw.
//!
//! No figure is a promise: machines differ, and this one has other work to do. Throughput is given
//! as a share of a limit that is measured in the same run.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use coinage::devnet::{Config, Devnet, DevnetStatus};
use coinage::model::genesis;
use coinage::wallet::{Store, WalletName};
use coinage_protocol::{
    Address, CheckedBlock, CheckedTransaction, Network, SecretKey, State, Transaction, check_all,
    encode, execute,
};
use coinage_simulation::forge::Forge;
use coinage_simulation::money::{account, address, network, random, transfer};
use coinage_tests::cluster::{get, post};
use serde_json::{Value, json};

const NODES: u16 = 4;
/// How long the idle network is watched.
const IDLE: Duration = Duration::from_secs(20);
/// Payments whose way to every node is timed.
const PAYMENTS: usize = 60;
/// Payments of the load.
const LOAD: usize = 20_000;
/// Payments in one request.
const PAGE: usize = 500;
const POLL: Duration = Duration::from_millis(5);

fn main() -> ExitCode {
    // The nodes of the devnet are this very program.
    if std::env::args().nth(1).is_some_and(|word| word == "node") {
        return coinage::cli::main();
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let program = std::env::current_exe().expect("this program");
    let mut config = Config::new(directory.path().join("devnet"), program);
    config.nodes = Some(NODES);
    config.base_port = Some(0);
    let began = Instant::now();
    let devnet = runtime.block_on(async {
        let devnet = Devnet::start(config).await.expect("the devnet starts");
        devnet.wait_ready(Duration::from_secs(60)).await.expect("the nodes agree");
        devnet
    });
    say("start to ready, new devnet", began.elapsed());
    let status = runtime.block_on(devnet.status());
    idle(&status);
    let payer = Payer::new(&status);
    latency(&status, &payer);
    throughput(&status, &payer);
    let began = Instant::now();
    runtime.block_on(devnet.stop());
    say("stop", began.elapsed());
    ExitCode::SUCCESS
}

/// Who pays.
struct Payer {
    network: Network,
    key: SecretKey,
    to: Address,
}

impl Payer {
    fn new(status: &DevnetStatus) -> Self {
        let network = Network::new(genesis::read(&status.genesis).expect("a genesis file"));
        let wallets = status.dir.join("wallets");
        let password = std::fs::read_to_string(wallets.join("password")).expect("published");
        let store = Store::open(&wallets).expect("the devnet's wallets");
        let name: WalletName = "alice".parse().expect("a name");
        let key = store.unlock(&name, password.trim_end()).expect("the published password");
        Self { network: network.expect("valid"), key, to: address(&account(99)) }
    }

    fn pay(&self, salt: u64) -> CheckedTransaction {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let expiry = u64::try_from(now.as_millis()).expect("for long") + 3_600_000;
        transfer(&self.network, &self.key, self.to, 1, salt, expiry)
    }
}

fn idle(status: &DevnetStatus) {
    let before: Vec<_> = status.nodes.iter().map(|node| cpu(node.pid)).collect();
    std::thread::sleep(IDLE);
    for (node, before) in status.nodes.iter().zip(before) {
        let share = (cpu(node.pid) - before) * 100.0 / IDLE.as_secs_f64();
        let resident = resident_mib(node.pid);
        line(&format!("{} idle: {share:.1} % of a core, {resident:.0} MiB resident", node.name));
    }
}

fn latency(status: &DevnetStatus, payer: &Payer) {
    let apis = apis(status);
    let mut times = Vec::new();
    for salt in 0..PAYMENTS {
        let payment = payer.pay(u64::try_from(salt).expect("small"));
        let began = Instant::now();
        submit(&apis[salt % apis.len()], &[payment.transaction().clone()]);
        let path = format!("/v1/transactions/{}", payment.id());
        while !apis.iter().all(|api| state(api, &path) == json!("included")) {
            std::thread::sleep(POLL);
        }
        times.push(began.elapsed());
        // So that payments fall anywhere in a slot.
        std::thread::sleep(Duration::from_millis(u64::try_from(salt * 37 % 500).expect("small")));
    }
    times.sort_unstable();
    say("submit to included on all nodes, median", times[times.len() / 2]);
    say("submit to included on all nodes, 95th percentile", times[times.len() * 95 / 100]);
}

fn throughput(status: &DevnetStatus, payer: &Payer) {
    let apis = apis(status);
    let offset = u64::try_from(PAYMENTS).expect("small");
    let payments: Vec<_> =
        (0..LOAD).map(|salt| payer.pay(offset + u64::try_from(salt).expect("small"))).collect();
    let transactions: Vec<_> = payments.iter().map(|one| one.transaction().clone()).collect();
    let limit = limit_per_second();
    let began = Instant::now();
    for (page, api) in transactions.chunks(PAGE).zip(apis.iter().cycle()) {
        submit(api, page);
    }
    say("submitting the load", began.elapsed());
    let path = format!("/v1/accounts/{}", payer.to);
    let all = json!((PAYMENTS + LOAD).to_string());
    let received = |api: &String| {
        let answer = get(&format!("{api}{path}")).map_or(Value::Null, |answer| answer.body);
        answer["items"][0]["amount"].clone()
    };
    while !apis.iter().all(|api| received(api) == all) {
        std::thread::sleep(Duration::from_millis(50));
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousands")]
    let rate = LOAD as f64 / began.elapsed().as_secs_f64();
    line(&format!("transfers per second included on all {NODES} nodes: {rate:.0}"));
    line(&format!(
        "limit of this machine: {limit:.0} per second, if its cores only checked and executed \
         every transfer once for each node; reached: {:.0} %",
        rate * 100.0 / limit
    ));
}

/// What the machine could do for all nodes together.
fn limit_per_second() -> f64 {
    const SAMPLE: u64 = 2_000;
    let network = network(1, 500);
    let expiry = network.slot_time(1000);
    let to = address(&account(99));
    let payments: Vec<Transaction> = (0..SAMPLE)
        .map(|salt| transfer(&network, &account(1), to, 1, salt, expiry).into_transaction())
        .collect();
    let block = Forge::new(&network).push(1, payments.clone());
    let block = CheckedBlock::new(block, &network, random()).expect("well-formed");
    let began = Instant::now();
    for page in payments.chunks(PAGE) {
        check_all(page.to_vec(), network.chain(), &(), random()).expect("signed");
    }
    let state: &State = network.genesis_state();
    execute(&network, state, &block, |_| false).expect("valid");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let all = cores as f64 * SAMPLE as f64;
    all / began.elapsed().as_secs_f64() / f64::from(NODES)
}

fn submit(api: &str, transactions: &[Transaction]) {
    let bytes = |one: &Transaction| json!({ "bytes": STANDARD.encode(encode(one)) });
    let body = json!({ "transactions": transactions.iter().map(bytes).collect::<Vec<_>>() });
    let answer = post(&format!("{api}/v1/transactions"), &body).expect("the node answers");
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let results = answer.body["results"].as_array().cloned().unwrap_or_default();
    let refused = results.iter().find(|result| result.get("error").is_some());
    assert_eq!(refused, None, "every payment is taken");
}

fn state(api: &str, path: &str) -> Value {
    get(&format!("{api}{path}")).map_or(Value::Null, |answer| answer.body["status"].clone())
}

fn apis(status: &DevnetStatus) -> Vec<String> {
    status.nodes.iter().filter_map(|node| node.api.clone()).collect()
}

/// Seconds of processor time that a process has used.
fn cpu(pid: Option<u32>) -> f64 {
    let text = proc_file(pid, "stat");
    let fields: Vec<_> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok()).unwrap_or(0);
    // User and system time in hundredths of a second (proc_pid_stat(5), fields 14 and 15).
    f64::from(ticks(11) + ticks(12)) / 100.0
}

fn resident_mib(pid: Option<u32>) -> f64 {
    let text = proc_file(pid, "status");
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u32>().ok());
    f64::from(kib.unwrap_or(0)) / 1024.0
}

fn proc_file(pid: Option<u32>, name: &str) -> String {
    let pid = pid.unwrap_or(0).to_string();
    std::fs::read_to_string(Path::new("/proc").join(pid).join(name)).unwrap_or_default()
}

fn say(what: &str, time: Duration) {
    line(&format!("{what}: {:.2} s", time.as_secs_f64()));
}

#[expect(clippy::print_stdout, reason = "this program's one printer")]
fn line(text: &str) {
    println!("{text}");
}
