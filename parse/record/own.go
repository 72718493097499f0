package record

// Keys of ours in the INFO that is made of what other programs print.
const (
	// AfterKey is for programs that print no time, but at a known pace: seconds since their
	// first line.
	AfterKey = "connbox_seconds_after_first"
	// SummedKey is for programs that tell what happened within intervals: its value names the
	// counters, separated by commas, that begin with their text and not with the server.
	SummedKey = "connbox_counted_in_export"
)
