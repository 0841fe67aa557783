//! Network namespaces, real servers and real clients: a phone, a Hushwall and an internet on one machine.
