package segment

import (
	"strings"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// The tables of a segment. docs/format.md says for each column what it means.
//
//	samples          a row per record, in order of time
//	info             a row per INFO
//	info_templates   a row per text around INFO's values
//	config           a row per parameter of each CONFIG that differs from the one before
//	slowlog          a row per slow command
//	slowlog_replies  a row per SLOWLOG that differs from the one before
//	lists            a row per CLIENT LIST
//	clients          a row per client and value of its fixed fields
//	spells           a row per stretch of lists over which a client did not change
//
// Lists, clients, slow commands and the records of each kind are numbered through the
// whole recording, so that the row groups of all segments can be read as one table. All
// columns are REQUIRED but those of INFO's values: what is absent is a sentinel or an empty
// text, so that there are no levels to decode.
const (
	Samples        = "samples"
	InfoTable      = "info"
	InfoTemplates  = "info_templates"
	ConfigTable    = "config"
	SlowlogTable   = "slowlog"
	SlowlogReplies = "slowlog_replies"
	Lists          = "lists"
	ClientsTable   = "clients"
	Spells         = "spells"
)

// A Spec is what is known of a table: the kind of record that alone needs it, 0 for samples,
// which all need, and the columns, nil where they are its own.
type Spec struct {
	Name    string
	Kind    record.Kind
	Columns []table.Column
}

// Tables are all tables, in the order in which a bundle has them.
var Tables = [...]Spec{
	{Samples, 0, columnsOf[sampleRow]()},
	{InfoTable, record.KindInfo, nil},
	{InfoTemplates, record.KindInfo, columnsOf[templateRow]()},
	{ConfigTable, record.KindConfig, columnsOf[configRow]()},
	{SlowlogTable, record.KindSlowlog, columnsOf[slowRow]()},
	{SlowlogReplies, record.KindSlowlog, columnsOf[slowReply]()},
	{Lists, record.KindClients, columnsOf[listRow]()},
	{ClientsTable, record.KindClients, clientTable},
	{Spells, record.KindClients, spellTable},
}

// Of gives what is known of a table, nothing of one with another name.
func Of(name string) (s Spec) {
	for i := range Tables {
		if Tables[i].Name == name {
			return Tables[i]
		}
	}
	return s
}

// Needs tells whether records of the kinds wanted need a table.
func Needs(name string, wanted record.KindSet) bool {
	k := Of(name).Kind
	return name == Samples || k != 0 && wanted.Has(k)
}

// Encodings were found by trying each on the bench's hour (TestSizes prints what each
// column takes): dictionaries for texts and for numbers with few values, deltas for what
// rises or nearly always is one value. BYTE_STREAM_SPLIT would take a tenth less for numbers
// with many values, but DuckDB reads it for floating point only.

// A sampleRow is a record, without what other tables hold of it.
type sampleRow struct {
	Seq     int64  `column:"seq,delta"`
	At      int64  `column:"ts,delta,time"`
	Kind    string `column:"kind,dict"`
	Nth     int64  `column:"nth,delta"` // number among the recording's records of this kind, from 0
	Took    int64  `column:"took_us,delta"`
	Size    int64  `column:"size,delta"`
	Lines   int64  `column:"lines,delta"`
	Command string `column:"command,dict"`
	Class   string `column:"class,dict"`
	Text    string `column:"text,dict"`
}

// A templateRow is a text around the values of INFO.
type templateRow struct {
	Template int64  `column:"template,delta"`
	Text     string `column:"text,plain"`
}

// A configRow is a parameter of a CONFIG GET.
type configRow struct {
	Seq   int64  `column:"seq,delta"`
	At    int64  `column:"ts,delta,time"`
	Nth   int64  `column:"nth,delta"`
	Key   string `column:"key,dict"`
	Value string `column:"value,dict"`
}

// A slowRow is a slow command.
type slowRow struct {
	Entry  int64  `column:"entry,delta"`
	ID     int64  `column:"id,delta"`
	Time   int64  `column:"time,delta"`
	Micros int64  `column:"micros,delta"`
	Args   string `column:"args,plain"`
	Addr   string `column:"addr,dict"`
	Name   string `column:"name,dict"`
	Six    int64  `column:"six,delta"`
}

// A slowReply says which slow commands a SLOWLOG GET showed: their numbers, each followed by
// a space.
type slowReply struct {
	Seq     int64  `column:"seq,delta"`
	Nth     int64  `column:"nth,delta"`
	Entries string `column:"entries,plain"`
}

// A listRow is a CLIENT LIST, without its clients.
type listRow struct {
	List      int64  `column:"list,delta"`
	Seq       int64  `column:"seq,delta"`
	At        int64  `column:"ts,delta,time"`
	Clock     int64  `column:"clock,delta"`
	IdleShift int64  `column:"idle_shift,delta"`
	Rows      int64  `column:"rows,delta"`
	Head      int64  `column:"head,delta"`   // client at its head, -1 for none
	Places    string `column:"places,plain"` // the clients in their order, where it does not follow
	Layouts   string `column:"layouts,dict"`
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
	name     string
	place    columnPlace
	encoding table.Encoding
	num      func(*record.Client) *int64
	str      func(*record.Client) *string
}

// spellName is the column's name in spells.
func (c *clientColumn) spellName() string {
	if c.place == inIncrease {
		return strings.TrimPrefix(c.name, "tot_")
	}
	return c.name
}

func (c *clientColumn) column(name string) table.Column {
	if c.str != nil {
		return table.Column{Name: name, Type: table.Text, Encoding: c.encoding}
	}
	return table.Column{Name: name, Encoding: c.encoding}
}

// clientColumns has every column of a Client but Has, Layout, Age and Idle.
var clientColumns = [...]clientColumn{
	{"id", inClients, table.Delta, func(c *record.Client) *int64 { return &c.ID }, nil},
	{"fd", inClients, table.Delta, func(c *record.Client) *int64 { return &c.FD }, nil},
	{"redir", inClients, table.Delta, func(c *record.Client) *int64 { return &c.Redir }, nil},
	{"resp", inClients, table.Delta, func(c *record.Client) *int64 { return &c.Resp }, nil},
	{"addr", inClients, table.Plain, nil, func(c *record.Client) *string { return &c.Addr }},
	{"laddr", inClients, table.Plain, nil, func(c *record.Client) *string { return &c.Laddr }},
	{"name", inClients, table.Dict, nil, func(c *record.Client) *string { return &c.Name }},
	{"user", inClients, table.Dict, nil, func(c *record.Client) *string { return &c.User }},
	{"lib_name", inClients, table.Dict, nil, func(c *record.Client) *string { return &c.LibName }},
	{"lib_ver", inClients, table.Dict, nil, func(c *record.Client) *string { return &c.LibVer }},
	{"capa", inClients, table.Dict, nil, func(c *record.Client) *string { return &c.Capa }},
	{"db", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.DB }, nil},
	{"sub", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.Sub }, nil},
	{"psub", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.PSub }, nil},
	{"ssub", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.SSub }, nil},
	{"multi", inSpells, table.Delta, func(c *record.Client) *int64 { return &c.Multi }, nil},
	{"watch", inSpells, table.Delta, func(c *record.Client) *int64 { return &c.Watch }, nil},
	{"qbuf", inSpells, table.Delta, func(c *record.Client) *int64 { return &c.QBuf }, nil},
	{"qbuf_free", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.QBufFree }, nil},
	{"argv_mem", inSpells, table.Delta, func(c *record.Client) *int64 { return &c.ArgvMem }, nil},
	{"multi_mem", inSpells, table.Delta, func(c *record.Client) *int64 { return &c.MultiMem }, nil},
	{"rbs", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.RBS }, nil},
	{"rbp", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.RBP }, nil},
	{"obl", inSpells, table.Delta, func(c *record.Client) *int64 { return &c.OBL }, nil},
	{"oll", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.OLL }, nil},
	{"omem", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.OMem }, nil},
	{"mem_rest", inSpells, table.Dict, func(c *record.Client) *int64 { return &c.TotMem }, nil},
	{"io_thread", inSpells, table.Delta, func(c *record.Client) *int64 { return &c.IOThread }, nil},
	{"tot_net_in", inIncrease, table.Delta, func(c *record.Client) *int64 { return &c.NetIn }, nil},
	{"tot_net_out", inIncrease, table.Delta, func(c *record.Client) *int64 { return &c.NetOut }, nil},
	{"tot_cmds", inIncrease, table.Delta, func(c *record.Client) *int64 { return &c.Cmds }, nil},
	{"flags", inSpells, table.Dict, nil, func(c *record.Client) *string { return &c.Flags }},
	{"events", inSpells, table.Dict, nil, func(c *record.Client) *string { return &c.Events }},
	{"cmd", inSpells, table.Dict, nil, func(c *record.Client) *string { return &c.Cmd }},
	{"extra", inSpells, table.Dict, nil, func(c *record.Client) *string { return &c.Extra }},
	{"raw", inSpells, table.Plain, nil, func(c *record.Client) *string { return &c.Raw }},
}

// Places in clientColumns.
const (
	columnID      = 0
	columnAddr    = 4
	firstInSpells = 11
)

// spellNum gives the number of a client that stands in spells.
func (c *clientColumn) spellNum(of *record.Client) int64 {
	if c.name == "mem_rest" {
		return of.TotMem - memParts(of)
	}
	return *c.num(of)
}

// clientTable and spellTable are the columns of clients and spells.
var clientTable, spellTable = clientTables()

func clientTables() (clients, spells []table.Column) {
	clients = []table.Column{{Name: "client", Encoding: table.Delta}, {Name: "created_at", Encoding: table.Delta},
		{Name: "after", Type: table.Int32, Encoding: table.Plain}, {Name: "host", Type: table.Text, Encoding: table.Plain},
		{Name: "port", Encoding: table.Delta}, {Name: "has", Encoding: table.Dict}, {Name: "layout", Encoding: table.Delta}}
	spells = []table.Column{{Name: "client", Encoding: table.Delta}, {Name: "first", Encoding: table.Dict}, {Name: "lists", Encoding: table.Plain},
		{Name: "idle", Encoding: table.Plain}, {Name: "idle_fixed", Encoding: table.Dict}, {Name: "age_off", Encoding: table.Dict}}
	for i := range clientColumns {
		c := &clientColumns[i]
		if c.place != inSpells && c.name != "addr" {
			clients = append(clients, c.column(c.name))
		}
		if c.place != inClients {
			col := c.column(c.spellName())
			if c.place == inIncrease {
				col.Encoding = table.Delta
			}
			spells = append(spells, col)
		}
	}
	return clients, spells
}

// memParts is what getClientMemoryUsage adds up, so that the rest is nearly constant: the
// size of the client itself and its names. Wraps on overflow, which is undone on reading.
func memParts(c *record.Client) int64 {
	return c.QBuf + c.QBufFree + c.ArgvMem + c.MultiMem + c.RBS + c.OMem
}
