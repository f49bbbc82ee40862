//! Lists that change while somebody pages through them.

use std::collections::BTreeSet;

use coinage_protocol::engine::PeerRef;
use coinage_protocol::{BlockHash, Height, Slot, Tip};

use super::*;
use crate::node_state::Peer;
use crate::peer_diagnostics::{Diagnostic, TroubleKind};

/// Lists of the API, all of them, and what tells their items apart: what may change of an item
/// besides does not make it another.
const LISTS: &[(&str, &[&str])] = &[
    ("/v1/blocks", &["hash"]),
    ("/v1/accounts/USER/transactions", &["id"]),
    ("/v1/accounts/USER/transactions?order=oldest", &["id"]),
    ("/v1/accounts/USER", &["token"]),
    ("/v1/tokens", &["token"]),
    // Whose balance changes is somewhere else in the list, and each page names its block.
    ("/v1/tokens/COIN/holders", &["address", "amount"]),
    ("/v1/peers", &["peer_id"]),
    ("/v1/mempool", &["id"]),
    ("/v1/troubles", &["address"]),
    ("/v1/chain/tips", &["hash"]),
    ("/v1/chain/reorgs", &["number"]),
];
/// Number of changes while somebody reads: fewer than any list has items at the beginning.
const CHANGES: u8 = 3;

fn side(height: u64, name: u8, kind: TipKind) -> KnownTip {
    let tip = Tip {
        height: Height::new(height),
        slot: Slot::new(height),
        hash: BlockHash::new([name; 32]),
    };
    KnownTip { tip, justified: Slot::default(), branch_len: 1, kind }
}

impl Served {
    /// Makes every list longer than there will be changes.
    async fn crowded() -> Self {
        let mut served = Self::new().await;
        served.branch = served.world.genesis();
        served.world.extend_by(&mut served.branch, 11, 0);
        let created = served.world.creation(&served.branch, "GOLD", 3, 4);
        served.world.extend(&mut served.branch, 0, vec![created]);
        (1..=4).for_each(|skip| served.reorg(skip));
        let created: Vec<_> = ["GOLD", "IRON", "LEAD", "ZINC"]
            .map(|name| served.world.creation(&served.branch, name, 3, 4))
            .into();
        served.extend(created);
        for name in [50, 60, 70, 80, 85, 88, 89] {
            served.meet(name);
            served.note(name);
            served.wait(u64::from(name));
        }
        let sides = [(20, 5, TipKind::HeadersOnly), (12, 4, TipKind::Side), (12, 6, TipKind::Side)];
        let sides = sides.map(|(height, name, kind)| side(height, name, kind));
        let head = KnownTip {
            tip: served.branch.tip,
            justified: Slot::default(),
            branch_len: 0,
            kind: TipKind::Head,
        };
        let mut tips = vec![head, side(3, 9, TipKind::Invalid)];
        tips.extend(sides);
        served.live.publish(View { tips, ..served.live.view() });
        served
    }

    pub(super) fn extend(&mut self, transactions: Vec<Transaction>) {
        let world = &self.world;
        world.extend(&mut self.branch, 0, transactions);
        let written = self.storage.write(&self.branch.batches(self.branch.tip.height.get()));
        written.expect("writes");
    }

    /// Adopts another branch from block 11 on, longer by one block.
    fn reorg(&mut self, skip: u64) {
        let count = self.branch.tip.height - 10;
        let mut longer = self.world.genesis();
        self.world.extend_by(&mut longer, 11, 0);
        self.world.extend_by(&mut longer, count.get(), skip);
        self.storage.write(&[self.branch.reorg_to(&longer)]).expect("writes");
        self.branch = longer;
    }

    fn meet(&self, name: u8) {
        let shown = Peer {
            peer_id: format!("{name:03}"),
            address: "/ip4/192.0.2.1/tcp/1".into(),
            inbound: true,
            since: SystemTime::UNIX_EPOCH,
            status: None,
            clock_ahead_ms: 0,
        };
        self.live.connected(PeerRef(u64::from(name)), shown);
    }

    fn note(&self, name: u8) {
        let trouble = Diagnostic::new(TroubleKind::Unreachable, "refused", SystemTime::now());
        self.live.note(trouble.of(Some(format!("/ip4/192.0.2.{name}/tcp/1")), None));
    }

    fn wait(&self, salt: u64) {
        self.accept(self.world.payment(&self.branch, salt, 1, 2, 5));
    }

    /// Adds something new before, behind and between, takes something away, and changes the order.
    fn change(&mut self, number: u8, reorg: bool) {
        if reorg {
            return self.reorg(10 + u64::from(number));
        }
        let letter = char::from(b'A' + number);
        let paid = self.world.payment(&self.branch, 0, 1, 2, 7);
        let mut made = vec![paid];
        for name in [format!("AA{letter}"), format!("ZZ{letter}"), format!("HH{letter}")] {
            made.push(self.world.creation(&self.branch, &name, 3, 4));
        }
        self.extend(made);
        [number, 55 + number, 90 + number].into_iter().for_each(|name| {
            self.meet(name);
            self.note(name);
            self.wait(u64::from(name));
        });
        self.live.disconnected(PeerRef(50 + 10 * u64::from(number)));
        // The one that happened longest ago comes to the front.
        self.note(50 + 10 * number);
        // Another branch wins, and the head becomes the end of a branch.
        let mut tips = self.live.view().tips;
        for one in &mut tips {
            one.kind = match one.kind {
                TipKind::Head => TipKind::Side,
                kind => kind,
            };
        }
        let wins = [4, 6, 5][usize::from(number)];
        let wins = |one: &&mut KnownTip| one.tip.hash == BlockHash::new([wins; 32]);
        tips.iter_mut().filter(wins).for_each(|one| one.kind = TipKind::Head);
        tips.push(side(
            (Height::new(30 + u64::from(number))).get(),
            100 + number,
            TipKind::HeadersOnly,
        ));
        tips.push(side(2, 120 - number, TipKind::Side));
        self.live.publish(View { tips, ..self.live.view() });
    }

    /// Returns what tells apart the items of a page, and the cursor of the next one.
    async fn names(&self, path: &str, key: &[&str]) -> (Vec<String>, Option<String>) {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        let items = page.body["items"].as_array().expect("a list");
        let word = |item: &Value, field| {
            let word = item[field].as_str().map(str::to_owned);
            word.unwrap_or_else(|| panic!("{path}: no {field} in {item}"))
        };
        let name = |item: &Value| key.iter().map(|field| word(item, *field)).collect();
        let next = page.body["next"].as_str().map(str::to_owned);
        (items.iter().map(name).collect(), next)
    }
}

/// Goal: whoever pages through a list gets all that is there all the time, once and in order,
/// whatever changes meanwhile. Method: pages of one item, and a change after each of the first.
#[tokio::test]
async fn what_stays_in_a_list_is_on_exactly_one_page_however_the_list_changes() {
    for (list, key) in LISTS {
        let mut served = Served::crowded().await;
        let path = list.replace("USER", &user(4).to_string());
        let path = if path.contains('?') { path + "&limit=" } else { path + "?limit=" };
        let whole = format!("{path}1000");
        let (before, _) = served.names(&whole, key).await;
        assert!(before.len() > usize::from(CHANGES), "{list}: {before:?}");
        let (mut seen, mut next, mut number) = (Vec::new(), Some(String::new()), 0);
        while let Some(cursor) = next {
            assert!(seen.len() < 100, "{list} never ends: {seen:?}");
            let (names, further) = served.names(&format!("{path}1{cursor}"), key).await;
            seen.extend(names);
            next = further.map(|cursor| format!("&cursor={cursor}"));
            if number < CHANGES {
                served.change(number, list.ends_with("reorgs"));
                number += 1;
            }
        }
        let (after, _) = served.names(&whole, key).await;
        assert_ne!(before, after, "{list}: nothing changed");
        let once: BTreeSet<_> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "{list}: something comes twice: {seen:?}");
        let stays: Vec<_> = before.into_iter().filter(|name| after.contains(name)).collect();
        assert!(stays.len() > usize::from(CHANGES), "{list}: {stays:?}");
        seen.retain(|name| stays.contains(name));
        assert_eq!(seen, stays, "{list}");
        served.stop().await;
    }
}

#[tokio::test]
async fn every_list_of_the_api_is_paged_while_it_changes() {
    let served = Served::new().await;
    let document = served.get("/v1/openapi.json").await.body;
    let paths = document["paths"].as_object().expect("paths").iter();
    let is_list = |path: &Value| {
        let parameters = path["get"]["parameters"].as_array().into_iter().flatten();
        parameters.into_iter().any(|one| one["name"] == "cursor")
    };
    let mut lists: BTreeSet<_> =
        paths.filter(|(_, path)| is_list(path)).map(|(name, _)| name.clone()).collect();
    let tried = LISTS.iter().map(|(list, _)| {
        let list = list.replace("USER", "{address}").replace("COIN", "{symbol}");
        list.split('?').next().expect("a path").to_owned()
    });
    // Of a network with charters; paged in a test of its own.
    assert!(lists.remove("/v1/tokens/{symbol}/standings"));
    assert_eq!(tried.collect::<BTreeSet<_>>(), lists);
    served.stop().await;
}
