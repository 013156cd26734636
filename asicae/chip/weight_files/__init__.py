"""Weight sets as files that people, hosts and scripts exchange, and what differs between two."""
