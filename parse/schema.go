package parse

import (
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// The tables of a segment. Each is one Parquet file; a table without rows is left out.
// docs/format.md says for each column what it means; encode in segment_encode.go writes
// them in this order.
//
//	samples  a row per record, in order of time
//	lists    a row per CLIENT LIST
//	numbers  a row per change of a number in INFO or of what SLOWLOG showed
//	texts    a row per change of a text: INFO's lines and words, CONFIG's values
//	slowlog  a row per slow command
//	clients  a row per client and value of its fixed fields
//	spells   a row per stretch of lists over which a client did not change
//
// Lists, clients, slow commands and the records of each kind are numbered through the
// whole recording, so that the files of all segments can be read as one table. All columns
// are REQUIRED, INT64 or BYTE_ARRAY: what is absent is a sentinel or an empty text, so
// that there are no levels to decode.
const (
	tableSamples = "samples"
	tableLists   = "lists"
	tableNumbers = "numbers"
	tableTexts   = "texts"
	tableSlowlog = "slowlog"
	tableClients = "clients"
	tableSpells  = "spells"
	tableInfo    = "info" // no Parquet: numbers of INFO as infoCoder codes them
)

// atUnknown in ts stands for the zero time; took_us is -1 for an unknown duration.
const atUnknown = -1 << 63

// A sampleRow is a record, without what other tables hold of it.
type sampleRow struct {
	seq                   int64
	kind                  record.Kind
	nth                   int64 // number among the recording's records of this kind, from 0
	at, took, size, lines int64
	command, class, text  string
}

// Where a field of a client is kept.
type columnPlace uint8

const (
	inClients  columnPlace = iota // fixed: in clients
	inSpells                      // in spells
	inIncrease                    // a counter: its first value in clients, how much it grew in spells
)

// A clientColumn ties a column to its field in Client. Age and Idle have none: they follow
// from a list's clock.
type clientColumn struct {
	name  string
	place columnPlace
	num   func(*record.Client) *int64
	str   func(*record.Client) *string
}

// spellName is the column's name in spells.
func (c *clientColumn) spellName() string {
	if c.place == inIncrease {
		return strings.TrimPrefix(c.name, "tot_")
	}
	return c.name
}

// clientColumns has every column of a Client but Has, Layout, Age and Idle.
var clientColumns = [...]clientColumn{
	{"id", inClients, func(c *record.Client) *int64 { return &c.ID }, nil},
	{"fd", inClients, func(c *record.Client) *int64 { return &c.FD }, nil},
	{"redir", inClients, func(c *record.Client) *int64 { return &c.Redir }, nil},
	{"resp", inClients, func(c *record.Client) *int64 { return &c.Resp }, nil},
	{"addr", inClients, nil, func(c *record.Client) *string { return &c.Addr }},
	{"laddr", inClients, nil, func(c *record.Client) *string { return &c.Laddr }},
	{"name", inClients, nil, func(c *record.Client) *string { return &c.Name }},
	{"user", inClients, nil, func(c *record.Client) *string { return &c.User }},
	{"lib_name", inClients, nil, func(c *record.Client) *string { return &c.LibName }},
	{"lib_ver", inClients, nil, func(c *record.Client) *string { return &c.LibVer }},
	{"capa", inClients, nil, func(c *record.Client) *string { return &c.Capa }},
	{"db", inSpells, func(c *record.Client) *int64 { return &c.DB }, nil},
	{"sub", inSpells, func(c *record.Client) *int64 { return &c.Sub }, nil},
	{"psub", inSpells, func(c *record.Client) *int64 { return &c.PSub }, nil},
	{"ssub", inSpells, func(c *record.Client) *int64 { return &c.SSub }, nil},
	{"multi", inSpells, func(c *record.Client) *int64 { return &c.Multi }, nil},
	{"watch", inSpells, func(c *record.Client) *int64 { return &c.Watch }, nil},
	{"qbuf", inSpells, func(c *record.Client) *int64 { return &c.QBuf }, nil},
	{"qbuf_free", inSpells, func(c *record.Client) *int64 { return &c.QBufFree }, nil},
	{"argv_mem", inSpells, func(c *record.Client) *int64 { return &c.ArgvMem }, nil},
	{"multi_mem", inSpells, func(c *record.Client) *int64 { return &c.MultiMem }, nil},
	{"rbs", inSpells, func(c *record.Client) *int64 { return &c.RBS }, nil},
	{"rbp", inSpells, func(c *record.Client) *int64 { return &c.RBP }, nil},
	{"obl", inSpells, func(c *record.Client) *int64 { return &c.OBL }, nil},
	{"oll", inSpells, func(c *record.Client) *int64 { return &c.OLL }, nil},
	{"omem", inSpells, func(c *record.Client) *int64 { return &c.OMem }, nil},
	{"mem_rest", inSpells, func(c *record.Client) *int64 { return &c.TotMem }, nil},
	{"io_thread", inSpells, func(c *record.Client) *int64 { return &c.IOThread }, nil},
	{"tot_net_in", inIncrease, func(c *record.Client) *int64 { return &c.NetIn }, nil},
	{"tot_net_out", inIncrease, func(c *record.Client) *int64 { return &c.NetOut }, nil},
	{"tot_cmds", inIncrease, func(c *record.Client) *int64 { return &c.Cmds }, nil},
	{"flags", inSpells, nil, func(c *record.Client) *string { return &c.Flags }},
	{"events", inSpells, nil, func(c *record.Client) *string { return &c.Events }},
	{"cmd", inSpells, nil, func(c *record.Client) *string { return &c.Cmd }},
	{"extra", inSpells, nil, func(c *record.Client) *string { return &c.Extra }},
	{"raw", inSpells, nil, func(c *record.Client) *string { return &c.Raw }},
}

// columnID is the place of id in clientColumns.
const columnID = 0

// sameFixed tells whether two clients agree in all fixed fields.
func sameFixed(a, b *record.Client) bool {
	return a.ID == b.ID && a.Addr == b.Addr && a.FD == b.FD && a.Has == b.Has &&
		a.Layout == b.Layout && a.Redir == b.Redir && a.Resp == b.Resp && a.Laddr == b.Laddr &&
		a.Name == b.Name && a.User == b.User && a.LibName == b.LibName &&
		a.LibVer == b.LibVer && a.Capa == b.Capa
}

// memParts is what getClientMemoryUsage adds up, so that the rest is nearly constant: the
// size of the client itself and its names. Wraps on overflow, which is undone on reading.
func memParts(c *record.Client) int64 {
	return c.QBuf + c.QBufFree + c.ArgvMem + c.MultiMem + c.RBS + c.OMem
}
