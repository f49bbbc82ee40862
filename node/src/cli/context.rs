//! The context that every command works with.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use coinage_client::{Client, ClientError};
use coinage_model::account::TokenJson;
use coinage_model::charter_state::{CharterStateJson, StandingJson};
use coinage_model::code::Code;
use coinage_model::status::{StatusJson, SyncStateJson};
use coinage_protocol::{Address, Amount, ChainId, Charter, ClauseId, RoleId, Symbol};
use coinage_wallet::Store;

use super::chain;
use super::failure::Failure;
use super::globals::Globals;
use super::printer::Printer;

/// The context that every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) globals: Globals,
    pub(crate) printer: Printer,
    pub(crate) client: Client,
    status: OnceCell<Result<StatusJson, Failure>>,
    tokens: RefCell<BTreeMap<Symbol, TokenJson>>,
    charters: RefCell<BTreeMap<Symbol, Result<CharterStateJson, Failure>>>,
}

impl Context {
    /// Creates a context; nothing is read or connected to yet.
    pub(crate) fn new(globals: Globals, printer: Printer) -> Result<Self, Failure> {
        let client = Client::new(&globals.node)?.telling(move |text| printer.note(text));
        let (status, tokens) = (OnceCell::new(), RefCell::default());
        let charters = RefCell::default();
        Ok(Self { globals, printer, client, status, tokens, charters })
    }

    /// The user's own wallets. Only who needs them needs a home directory.
    pub(crate) fn wallets(&self) -> Result<Store, Failure> {
        let home = self.globals.home().map(Path::to_owned).or_else(coinage_devnet::home);
        let home = home.ok_or_else(|| {
            Failure::usage("there is no home directory, where wallets are")
                .hint("give --home DIR or COINAGE_HOME")
        })?;
        Ok(Store::open(home.join("wallets"))?)
    }

    /// Directory of the devnet that is meant unless told otherwise, if the home was named.
    pub(crate) fn devnet_dir(&self) -> Option<PathBuf> {
        self.globals.home().map(coinage_devnet::dir_in)
    }

    /// Returns how the node stood when it was first asked. It is asked once, also if nobody
    /// answers: a command that can do without a node does not try again for every word.
    pub(crate) fn status(&self) -> Result<&StatusJson, Failure> {
        let ask = || self.client.get("/v1/status", &[]).map_err(Failure::from);
        self.status.get_or_init(ask).as_ref().map_err(Clone::clone)
    }

    /// True if the node was asked how it stands.
    pub(crate) fn has_asked(&self) -> bool {
        self.status.get().is_some()
    }

    /// The network that the node is on.
    pub(crate) fn chain(&self) -> Result<ChainId, Failure> {
        Ok(self.status()?.chain_id)
    }

    /// A token as the node knows it; asked for once.
    pub(crate) fn token(&self, symbol: Symbol) -> Result<TokenJson, Failure> {
        if let Some(known) = self.tokens.borrow().get(&symbol) {
            return Ok(known.clone());
        }
        self.status()?;
        let token: TokenJson = self.client.get(&format!("/v1/tokens/{symbol}"), &[])?;
        self.tokens.borrow_mut().insert(symbol, token.clone());
        Ok(token)
    }

    /// The charter of a token as the node knows it; asked for once.
    pub(crate) fn charter(&self, symbol: Symbol) -> Result<Charter, Failure> {
        let json = self.charter_state(symbol)?.charter;
        Charter::try_from(json).map_err(|error| Failure::new("node.foreign", error))
    }

    /// The node's word on a token's charter; asked for once.
    pub(crate) fn charter_state(&self, symbol: Symbol) -> Result<CharterStateJson, Failure> {
        if let Some(known) = self.charters.borrow().get(&symbol) {
            return known.clone();
        }
        self.status()?;
        let asked = self.client.get(&format!("/v1/tokens/{symbol}/charter"), &[]);
        let asked = asked.map_err(Failure::from);
        self.charters.borrow_mut().insert(symbol, asked.clone());
        asked
    }

    /// The standing of an account by a token's charter.
    pub(crate) fn standing(
        &self,
        symbol: Symbol,
        address: Address,
    ) -> Result<StandingJson, Failure> {
        let path = format!("/v1/tokens/{symbol}/standings/{address}");
        Ok(self.client.get(&path, &[])?)
    }

    /// The role that an account has in a token with a charter.
    pub(crate) fn role_of(
        &self,
        symbol: Symbol,
        address: Address,
    ) -> Result<Option<RoleId>, Failure> {
        let standing = self.standing(symbol, address)?;
        let charter = self.charter(symbol)?;
        let mut roles = charter.roles();
        let known = roles.find(|(_, _, _, name, _)| Some(*name) == standing.role.as_ref());
        Ok(known.map(|(role, ..)| role))
    }

    /// The amount of a clause that is in force.
    pub(crate) fn in_force(
        &self,
        symbol: Symbol,
        clause: ClauseId,
    ) -> Result<Option<Amount>, Failure> {
        let state = self.charter_state(symbol)?;
        Ok(state.clauses.get(usize::from(clause.0)).and_then(|clause| clause.allowed))
    }

    /// Fails if nobody answers: better said first than that some wallet is not there, which may be
    /// one of a devnet that does not run. Says if the node is alone: nothing that it shows is
    /// certain then, however it is shown.
    pub(crate) fn needs_node(&self) -> Result<(), Failure> {
        let status = self.status()?;
        if status.sync.state == SyncStateJson::Alone {
            self.printer.note(&format!("warning: {}", chain::alone(status)));
        }
        Ok(())
    }

    /// The wallets of the devnet that the node belongs to, if it runs on this machine: a node
    /// elsewhere has no business naming directories here.
    pub(crate) fn devnet_wallets(&self) -> Option<Store> {
        if !self.client.is_local() {
            return None;
        }
        let directory = PathBuf::from(self.status().ok()?.devnet.as_ref()?);
        directory.is_absolute().then(|| Store::open(directory.join("wallets")).ok()).flatten()
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let failure = Self::new(error.code().to_owned(), &error);
        match error {
            ClientError::Unreachable { .. } => failure
                .hint("is it running? `coinage devnet` starts a network, --node URL names a node"),
            ClientError::Foreign { .. } => failure.hint("is --node URL really a Coinage node?"),
            ClientError::Url { .. } => failure.hint("for example --node http://127.0.0.1:8600"),
            ClientError::Refused { problem } if problem.code == Code::UnknownToken.name() => {
                failure.hint("`coinage token list` shows the tokens").details(problem.details)
            }
            ClientError::Refused { problem } => failure.hint(problem.hint).details(problem.details),
        }
    }
}
