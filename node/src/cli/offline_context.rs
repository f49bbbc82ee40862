//! The ground that a transaction stands on: its network, and where its tokens have their decimal
//! points.

use std::collections::BTreeMap;
use std::path::Path;

use coinage_keys::genesis_file;
use coinage_protocol::{ChainId, ChainSpec, Charter, Symbol};

use super::context::Context;
use super::document::TransactionDocument;
use super::failure::Failure;

/// A network, and what is known of its tokens: from its genesis, from one of its nodes, or nothing.
#[derive(Clone, Debug)]
pub(crate) struct OfflineContext {
    chain: ChainId,
    decimals: BTreeMap<Symbol, u8>,
    /// Charters of the genesis, as its tokens were created.
    charters: BTreeMap<Symbol, Charter>,
    /// True if the node is on this network and may be asked.
    node: bool,
}

impl OfflineContext {
    /// The network of the node.
    pub(crate) fn of_node(context: &Context) -> Result<Self, Failure> {
        Ok(Self { node: true, ..Self::of_chain(context.chain()?) })
    }

    /// The network of a genesis file; no node is asked.
    pub(crate) fn of_genesis(path: &Path) -> Result<Self, Failure> {
        let spec = ChainSpec::new(genesis_file::read(path)?)
            .map_err(|error| Failure::new("genesis.invalid", error))?;
        Ok(Self::of_spec(&spec))
    }

    /// The network that begins with a genesis; no node is asked.
    pub(crate) fn of_spec(spec: &ChainSpec) -> Self {
        let genesis = spec.genesis();
        let plain = genesis.tokens.iter().map(|token| (token.token, token.decimals));
        let chartered = genesis.charters.iter().map(|charter| (charter.token, charter.decimals));
        let decimals = plain.chain(chartered).collect();
        let charters = genesis.charters.iter().map(|charter| (charter.token, charter.clone()));
        Self { chain: *spec.chain(), decimals, charters: charters.collect(), node: false }
    }

    /// A network of which nothing else is known.
    pub(crate) fn of_chain(chain: ChainId) -> Self {
        Self { chain, decimals: BTreeMap::new(), charters: BTreeMap::new(), node: false }
    }

    /// The network of a transaction file: told by the genesis if there is one, or else by the node
    /// if it is on it. What a node of another network says of a token means nothing.
    pub(crate) fn of_document(
        document: &TransactionDocument,
        genesis: Option<&Path>,
        context: &Context,
    ) -> Result<Self, Failure> {
        let Some(path) = genesis else {
            let node = context.chain().is_ok_and(|chain| chain == document.chain);
            return Ok(Self { node, ..Self::of_chain(document.chain) });
        };
        let ground = Self::of_genesis(path)?;
        if ground.chain == document.chain {
            return Ok(ground);
        }
        let sentence = format!(
            "the transaction is for the network {}, {} makes {}",
            document.chain,
            path.display(),
            ground.chain
        );
        Err(Failure::new("transaction.other_network", sentence).hint("give its own genesis"))
    }

    /// Returns the network.
    pub(crate) fn chain(&self) -> ChainId {
        self.chain
    }

    /// Learns where a token has its decimal point.
    pub(crate) fn learn(&mut self, token: Symbol, decimals: u8) {
        self.decimals.insert(token, decimals);
    }

    /// Returns the charter of a token, for the names that it gives.
    pub(crate) fn charter(&self, context: &Context, token: Symbol) -> Result<Charter, Failure> {
        match self.charters.get(&token) {
            Some(charter) => Ok(charter.clone()),
            None if self.node => context.charter(token),
            None => Err(Failure::usage(format!("the charter of {token} is not known here"))
                .hint("give the --genesis that has it, or ask a node")),
        }
    }

    /// Returns where a token has its decimal point.
    pub(crate) fn decimals(&self, context: &Context, token: Symbol) -> Result<u8, Failure> {
        match self.decimals.get(&token) {
            Some(decimals) => Ok(*decimals),
            None if self.node => Ok(context.token(token)?.decimals),
            None => Err(Failure::usage(format!("how many decimals {token} has is not known here"))
                .hint("give --decimals SYMBOL:COUNT, or base units with --raw")),
        }
    }
}
