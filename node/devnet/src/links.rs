//! The relays between all pairs of nodes, and how people write a partition.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use super::error::DevnetError;
use super::relay::Relay;

/// Relays between the nodes, one for each pair; the node with the lower number dials.
#[derive(Debug)]
pub(super) struct Links {
    nodes: u16,
    relays: BTreeMap<(u16, u16), Relay>,
}

impl Links {
    /// Listens for every pair.
    pub(super) async fn bind(nodes: u16) -> io::Result<Self> {
        let mut relays = BTreeMap::new();
        for lower in 1..=nodes {
            for higher in lower.saturating_add(1)..=nodes {
                relays.insert((lower, higher), Relay::bind().await?);
            }
        }
        Ok(Self { nodes, relays })
    }

    /// Returns the addresses at which a node dials its peers.
    pub(super) fn dialled_by(&self, node: u16) -> Vec<SocketAddr> {
        let own = self.relays.iter().filter(|((lower, _), _)| *lower == node);
        own.map(|(_, relay)| relay.address()).collect()
    }

    /// Tells the relays where a node listens.
    pub(super) fn set_target(&self, node: u16, target: SocketAddr) {
        for ((_, higher), relay) in &self.relays {
            if *higher == node {
                relay.set_target(target);
            }
        }
    }

    /// Cuts every link between two groups, and heals every link within one.
    pub(super) fn partition(&self, groups: &[Vec<u16>]) -> Result<(), DevnetError> {
        let group_of = check(groups, self.nodes)?;
        for ((lower, higher), relay) in &self.relays {
            relay.set_open(group_of.get(lower) == group_of.get(higher));
        }
        Ok(())
    }

    /// Heals every link between nodes.
    pub(super) fn heal(&self) {
        self.relays.values().for_each(|relay| relay.set_open(true));
    }

    /// The links that are cut, as pairs of node numbers.
    pub(super) fn cut(&self) -> Vec<[u16; 2]> {
        let cut = self.relays.iter().filter(|(_, relay)| !relay.is_open());
        cut.map(|((lower, higher), _)| [*lower, *higher]).collect()
    }
}

/// Reads `2` or `n2`.
///
/// # Errors
///
/// [`DevnetError::UnknownNode`] if there is no such node among `nodes`.
pub(crate) fn parse_node(text: &str, nodes: u16) -> Result<u16, DevnetError> {
    let text = text.trim();
    let number = text.strip_prefix('n').unwrap_or(text).parse().ok();
    let known = number.filter(|number| (1..=nodes).contains(number));
    known.ok_or_else(|| DevnetError::UnknownNode { asked: text.to_owned(), nodes })
}

/// Reads `1,2/3,4` or `n1,n2/n3,n4`.
///
/// # Errors
///
/// [`DevnetError::UnknownNode`] if it names a node that is not among `nodes`.
pub fn parse_groups(text: &str, nodes: u16) -> Result<Vec<Vec<u16>>, DevnetError> {
    let group = |names: &str| names.split(',').map(|name| parse_node(name, nodes)).collect();
    text.split('/').map(group).collect()
}

fn check(groups: &[Vec<u16>], nodes: u16) -> Result<BTreeMap<u16, usize>, DevnetError> {
    let refuse = |reason: String| DevnetError::Partition { reason };
    let mut group_of = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        for &node in group {
            if !(1..=nodes).contains(&node) {
                return Err(DevnetError::UnknownNode { asked: node.to_string(), nodes });
            }
            if group_of.insert(node, index).is_some() {
                return Err(refuse(format!("n{node} is named twice")));
            }
        }
    }
    if let Some(node) = (1..=nodes).find(|node| !group_of.contains_key(node)) {
        return Err(refuse(format!("n{node} is in no group")));
    }
    if groups.len() < 2 || groups.iter().any(Vec::is_empty) {
        return Err(refuse("it takes two groups or more, none of them empty".to_owned()));
    }
    Ok(group_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_with_and_without_the_letter() {
        let groups = vec![vec![1, 2], vec![3, 4]];
        assert_eq!(parse_groups("1,2/3,4", 4).expect("groups"), groups);
        assert_eq!(parse_groups("n1, n2/n3,n4", 4).expect("groups"), groups);
        for bad in ["", "1,2/", "5/1", "0/1", "nn1/2", "1//2", "-1/2", "99999999/1"] {
            assert!(parse_groups(bad, 4).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_partition_cuts_exactly_the_links_between_its_groups() {
        let links = Links::bind(4).await.expect("ports");
        links.partition(&[vec![1, 3], vec![2], vec![4]]).expect("a partition");
        assert_eq!(links.cut(), [[1, 2], [1, 4], [2, 3], [2, 4], [3, 4]]);
        links.partition(&[vec![1, 2], vec![3, 4]]).expect("a partition");
        assert_eq!(links.cut(), [[1, 3], [1, 4], [2, 3], [2, 4]]);
        for bad in [vec![vec![1, 2, 3, 4]], vec![vec![1], vec![2, 3]], vec![vec![1, 1], vec![2]]] {
            assert!(links.partition(&bad).is_err(), "{bad:?}");
        }
        assert_eq!(links.cut().len(), 4, "a refused partition changes nothing");
        links.heal();
        assert!(links.cut().is_empty());
        assert_eq!(links.dialled_by(1).len(), 3);
        assert!(links.dialled_by(4).is_empty());
    }
}
