"""What file formats share: text and tables as columns, records, other people's parsers."""
