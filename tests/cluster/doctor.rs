//! `coinage doctor`: each of its findings provoked by its real cause.

mod clocks;
mod directories;
mod peers;
mod transactions;

use coinage_tests::cluster::{self, Cluster, Ended};
use serde_json::Value;

use crate::PROGRAM;

/// What the doctor found, with the codes in order.
struct Found {
    code: i32,
    findings: Vec<Value>,
}

impl Found {
    fn of(ended: &Ended) -> Self {
        let envelope = &ended.envelope;
        let data = if ended.code == 0 { &envelope["data"] } else { &envelope["error"]["details"] };
        let findings = data["findings"].as_array().cloned();
        let findings = findings.unwrap_or_else(|| panic!("no findings: {ended:?}"));
        for finding in &findings {
            for field in ["code", "what", "mend"] {
                assert!(finding[field].as_str().is_some_and(|text| text.len() > 5), "{finding}");
            }
        }
        Self { code: ended.code, findings }
    }

    fn get(&self, code: &str) -> Option<&Value> {
        self.findings.iter().find(|finding| finding["code"] == code)
    }

    /// The words of a finding; nothing if there is none of this code.
    fn what(&self, code: &str) -> String {
        self.words(code, "what")
    }

    fn mend(&self, code: &str) -> String {
        self.words(code, "mend")
    }

    fn words(&self, code: &str, field: &str) -> String {
        let words = self.get(code).and_then(|finding| finding[field].as_str());
        words.unwrap_or_default().to_owned()
    }

    fn codes(&self) -> Vec<&str> {
        self.findings.iter().filter_map(|finding| finding["code"].as_str()).collect()
    }
}

/// Examines a node of a cluster.
fn examine(cluster: &Cluster, node: u16, more: &[&str]) -> Found {
    Found::of(&cluster.cli(node, &[&["doctor"], more].concat()))
}

/// Examines whatever is at a URL.
fn examine_at(url: &str, more: &[&str]) -> Found {
    let home = std::env::temp_dir();
    Found::of(&cluster::run(PROGRAM, &home, &[&["doctor", "--node", url], more].concat()))
}
