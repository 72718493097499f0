package cause

// The numbers that more than one cause compares with; those of one cause stand in its rows.
const (
	// score, from which a cause counts as having taken part: a score is that of the weakest sign,
	// and a sign is worth a half where its evidence is balanced
	Active = 0.5

	// s, the mean life below which lists tell the age of those that went: of longer ones most outlive the
	// recording
	ShortLife   = 3600
	MostSources = 20 // sources that a cause of many names, those with most connections
)
