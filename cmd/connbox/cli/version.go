package cli

// Version is this program's; CHANGELOG.md begins with the same.
const Version = "0.1.0"

// Tool is how recordings name their maker.
const Tool = "connbox " + Version
