//! Proofs of a real block, whole and altered.
