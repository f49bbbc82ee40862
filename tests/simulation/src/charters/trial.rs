//! Trials: a network on which the ledger and the model judge the same, block by block.

use std::collections::BTreeSet;

use coinage_protocol::{
    Address, Body, Bounded, ChainSpec, Fee, Genesis, GenesisBalance, GenesisToken, Growth,
    LedgerError, Overlay, PolicyBounds, Rules, SecretKey, State, Symbol, Text, UnixMillis,
    apply_transaction,
};

use super::actions::{given_again, handed_to_itself, owed_and_paid};
use super::history::History;
use super::{Chance, Scene, action, charter};
use crate::fixtures::{coin, units};
use crate::model::{Model, No};

/// People of a trial.
const PEOPLE: u8 = 6;
/// Symbols of tokens without a charter, of which two look alike.
const OTHERS: [&str; 3] = ["COIN", "T0", "TO"];
/// Minutes from 1970 to about the anchors.
const ANCHOR: u32 = 30_000_000;

/// A network, judged twice.
#[derive(Debug)]
pub struct Trial {
    scene: Scene,
    spec: ChainSpec,
    state: State,
    model: Model,
    time: u64,
    history: History,
    /// Outcomes that there were, by their names.
    pub seen: BTreeSet<String>,
}

impl Trial {
    /// A network by chance; its charters are in its genesis, but for the last.
    ///
    /// # Panics
    ///
    /// If ledger and model do not begin alike.
    pub fn new(chance: &mut Chance<'_>) -> Self {
        let people: Vec<_> = (1..=PEOPLE).map(|number| Address::new([number; 32])).collect();
        let periods = vec![1, 7, 60, 3_600, 86_400];
        let (charters, others) = (Vec::new(), OTHERS.map(|text| text.parse().expect("a symbol")));
        let others = others.to_vec();
        let mut scene =
            Scene { people, charters, others, periods, step_minutes: 40, end_minutes: 9 * 24 * 60 };
        for symbol in ["AA", "BB", "CC"] {
            let minutes = ANCHOR + u32::try_from(chance.below(3)).unwrap_or(0) * 20;
            let token: Symbol = symbol.parse().expect("a symbol");
            scene.charters.push(charter(chance, &scene, token, minutes));
        }
        let genesis = genesis(chance, &scene);
        let spec = ChainSpec::new(genesis.clone()).expect("in order");
        let (model, state) = (Model::new(&genesis), spec.genesis_state().clone());
        assert_eq!(Model::of(&state, true), model, "they begin alike");
        let history = History::new(&scene, &genesis);
        let time = u64::from(ANCHOR) * 60_000;
        Self { scene, spec, state, model, time, history, seen: BTreeSet::new() }
    }

    /// Adds a block of a few transactions.
    ///
    /// # Panics
    ///
    /// If ledger and model differ, or a clause is exceeded.
    pub fn block(&mut self, chance: &mut Chance<'_>) {
        self.time += match chance.below(8) {
            0 => 1,
            1 | 2 => 500,
            3 => 1_000 * chance.below(100),
            4 => 60_000 * chance.below(30),
            5 | 6 => 3_600_000 * chance.below(9),
            _ => 86_400_000 * chance.below(4),
        };
        let time = UnixMillis::new(self.time);
        let before = self.state.clone();
        let mut overlay = Overlay::new(&before);
        self.model.begin_block();
        for _ in 0..chance.below(9) {
            let body = self.body(chance, time);
            let outcome = apply_transaction(&mut overlay, self.spec.rules(), time, &body);
            let expected = self.model.apply(self.spec.rules(), time, &body);
            self.seen.insert(name(&outcome));
            assert!(agree(&outcome, &expected), "{body:?}\n{outcome:?}\n{expected:?}");
            if outcome.is_ok() {
                self.history.add(self.time, &body);
            }
        }
        let changes = overlay.into_changes();
        self.state = before.with(&changes);
        let held = Model::of(&self.state, true);
        let model = Model { before: held.before, ..self.model.clone() };
        assert_eq!(held, model);
        assert_eq!(self.state.check_supply(), Ok(()));
        assert_eq!(self.state.with(&changes.inverted()).root(), before.root(), "it can be undone");
        assert_eq!(*self.state.root().as_bytes(), self.model.root());
        self.model.check().expect("sums");
    }

    fn body(&self, chance: &mut Chance<'_>, time: UnixMillis) -> Body {
        let count = 1 + chance.below(3) * chance.below(2);
        let actions = if chance.one_in(6) {
            given_again(chance, &self.scene)
        } else if chance.one_in(8) {
            owed_and_paid(chance, &self.scene, time)
        } else if chance.one_in(40) {
            vec![handed_to_itself(chance, &self.scene)]
        } else {
            (0..count).map(|_| action(chance, &self.scene, time)).collect()
        };
        Body {
            sender: chance.one_of(&self.scene.people),
            salt: 0,
            expires_at: time,
            actions: Bounded::first_of(actions),
            memo: Text::default(),
        }
    }
}

/// Checks whether both say the same; of a charter's refusal, in all its words.
fn agree(outcome: &Result<(), LedgerError>, expected: &Result<(), No>) -> bool {
    match (outcome, expected) {
        (Ok(()), Ok(())) => true,
        (Err(LedgerError::Policy(one)), Err(No::Charter(other))) => **other == **one,
        (Err(LedgerError::Policy(_)), _) | (_, Err(No::Charter(_))) => false,
        (Err(_), Err(No::Rule)) => true,
        _ => false,
    }
}

fn name(outcome: &Result<(), LedgerError>) -> String {
    let text = match outcome {
        Err(LedgerError::Policy(refusal)) => format!("{:?}", refusal.reason),
        Err(error) => format!("{error:?}"),
        Ok(()) => "Ok".to_owned(),
    };
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn genesis(chance: &mut Chance<'_>, scene: &Scene) -> Genesis {
    let first = &scene.charters[0];
    let other = if first.has_debts() { coin() } else { first.token };
    let money = [coin(), coin(), coin(), other];
    let [fee, deposit] = [chance.one_of(&money), chance.one_of(&money)];
    let in_genesis = &scene.charters[..2];
    let balances_max = 12 + chance.below(24);
    let growth =
        Growth { block_max: 2 + chance.below(20), deposit: chance.one_in(3).then_some(deposit) };
    let balance = |address: &Address| GenesisBalance {
        address: *address,
        token: coin(),
        amount: units(1_000_000),
    };
    Genesis {
        version: 3,
        name: Text::default(),
        time: UnixMillis::new(0),
        slot_ms: 1_000,
        authorities: Bounded::first_of([SecretKey::new([1; 32]).public()]),
        rules: Rules {
            lifetime_ms_max: 1_000,
            balances_max,
            tokens_max: 3 + chance.below(4),
            creators: chance.one_in(5).then(|| Bounded::first_of([scene.people[0]])),
            fee: chance.one_in(5).then(|| Fee { token: fee, amount: units(1) }),
            growth: Some(growth),
            policies: Some(PolicyBounds {
                charters_max: 2 + chance.below(2),
                standings_max: 1 + chance.below(9),
            }),
        },
        tokens: Bounded::first_of([GenesisToken {
            token: coin(),
            name: Text::default(),
            decimals: 0,
            cap: None,
            issuer: Some(scene.people[0]),
        }]),
        balances: Bounded::first_of(scene.people.iter().map(balance)),
        charters: Bounded::first_of(in_genesis.iter().cloned()),
    }
}
