//! Goal: what waits is kept as long as it can become valid, and by nobody for ever.
