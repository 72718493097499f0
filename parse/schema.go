package parse

// The tables of a segment. Each is one Parquet file; a table without rows is left out.
//
//	samples  a row per record, in order of time
//	spells   a row per stretch of CLIENT LIST replies over which a client did not change
//	clients  a row per client and value of its fixed fields
//	numbers  a row per change of a number: INFO's values, a list's base time
//	texts    a row per change of a text: INFO's lines and words, CONFIG's values
//	slowlog  a row per slow command
//
// kind and nth in numbers and texts lead to samples; client in spells to clients. All
// columns are REQUIRED, INT64 or BYTE_ARRAY: what is absent is a sentinel or an empty
// text, so that there are no levels to decode.
const (
	tableSamples = "samples"
	tableSpells  = "spells"
	tableClients = "clients"
	tableNumbers = "numbers"
	tableTexts   = "texts"
	tableSlowlog = "slowlog"
)

// atUnknown in at_us stands for the zero time; took_us is -1 for an unknown duration.
const atUnknown = -1 << 63

type sampleRow struct {
	Seq     int64  `parquet:"seq,delta"`
	Kind    int64  `parquet:"kind,dict"`
	Nth     int64  `parquet:"nth,delta"` // number among the segment's records of this kind, from 0
	AtUs    int64  `parquet:"at_us,delta"`
	TookUs  int64  `parquet:"took_us,delta"`
	Size    int64  `parquet:"size,delta"`
	Lines   int64  `parquet:"lines,dict"`   // of chatter
	Command string `parquet:"command,dict"` // of a failure or another reply
	Class   string `parquet:"class,dict"`   // of a failure
	Text    []byte `parquet:"text,plain"`   // of a failure, mark, chatter, another reply
}

type numberRow struct {
	Kind  int64  `parquet:"kind,dict"`
	Key   string `parquet:"key,dict"`
	Part  int64  `parquet:"part,dict"` // a value may hold several numbers
	Nth   int64  `parquet:"nth,delta"` // holds from this record of its kind on
	Value int64  `parquet:"value,delta"`
}

type textRow struct {
	Kind int64  `parquet:"kind,dict"`
	Key  string `parquet:"key,dict"`
	Nth  int64  `parquet:"nth,delta"`
	Text []byte `parquet:"text,plain"`
}

type slowRow struct {
	Entry  int64  `parquet:"entry,delta"`
	ID     int64  `parquet:"id,delta"`
	Time   int64  `parquet:"time,delta"`
	Micros int64  `parquet:"micros,delta"`
	Args   string `parquet:"args,plain"` // Go-quoted where an argument is not plain
	Addr   string `parquet:"addr,plain"`
	Name   string `parquet:"name,dict"`
	Six    int64  `parquet:"six,dict"`
}

type clientRow struct {
	Client    int64  `parquet:"client,delta"`
	ID        int64  `parquet:"id,delta"`
	CreatedAt int64  `parquet:"created_at,delta"` // base of a list - age in it, unix seconds
	After     int64  `parquet:"after,delta"`      // client before it in the list, when first seen
	FD        int64  `parquet:"fd,delta"`
	Has       int64  `parquet:"has,dict"`
	Layout    int64  `parquet:"layout,dict"`
	Redir     int64  `parquet:"redir,dict"`
	Resp      int64  `parquet:"resp,dict"`
	Addr      string `parquet:"addr,plain"`
	Laddr     string `parquet:"laddr,dict"`
	Name      string `parquet:"name,dict"`
	User      string `parquet:"user,dict"`
	LibName   string `parquet:"lib_name,dict"`
	LibVer    string `parquet:"lib_ver,dict"`
	Capa      string `parquet:"capa,dict"`
}

type spellRow struct {
	Client    int64  `parquet:"client,delta"`
	First     int64  `parquet:"first,dict"` // nth of the first list
	Lists     int64  `parquet:"lists,dict"` // how many lists in a row
	IdleFrom  int64  `parquet:"idle_from,dict"`
	IdleFixed int64  `parquet:"idle_fixed,dict"` // 1: idle does not grow during the spell
	AgeOff    int64  `parquet:"age_off,dict"`    // age - (base - created_at)
	DB        int64  `parquet:"db,dict"`
	Sub       int64  `parquet:"sub,dict"`
	PSub      int64  `parquet:"psub,dict"`
	SSub      int64  `parquet:"ssub,dict"`
	Multi     int64  `parquet:"multi,dict"`
	Watch     int64  `parquet:"watch,dict"`
	QBuf      int64  `parquet:"qbuf,dict"`
	QBufFree  int64  `parquet:"qbuf_free,dict"`
	ArgvMem   int64  `parquet:"argv_mem,dict"`
	MultiMem  int64  `parquet:"multi_mem,dict"`
	RBS       int64  `parquet:"rbs,dict"`
	RBP       int64  `parquet:"rbp,dict"`
	OBL       int64  `parquet:"obl,dict"`
	OLL       int64  `parquet:"oll,dict"`
	OMem      int64  `parquet:"omem,dict"`
	MemRest   int64  `parquet:"mem_rest,dict"` // tot-mem less the buffers it is the sum of
	IOThread  int64  `parquet:"io_thread,dict"`
	NetIn     int64  `parquet:"tot_net_in,delta"`
	NetOut    int64  `parquet:"tot_net_out,delta"`
	Cmds      int64  `parquet:"tot_cmds,delta"`
	Flags     string `parquet:"flags,dict"`
	Events    string `parquet:"events,dict"`
	Cmd       string `parquet:"cmd,dict"`
	Extra     string `parquet:"extra,dict"`
	Raw       string `parquet:"raw,dict"`
}

// A clientColumn ties a column to its place in Client. Age and Idle have none: they follow
// from a list's base time.
type clientColumn struct {
	name  string
	fixed bool // in clients, else in spells
	num   func(*Client) *int64
	str   func(*Client) *string
}

// clientColumns has every column of a Client but Has, Layout, Age and Idle.
var clientColumns = [...]clientColumn{
	{"id", true, func(c *Client) *int64 { return &c.ID }, nil},
	{"fd", true, func(c *Client) *int64 { return &c.FD }, nil},
	{"redir", true, func(c *Client) *int64 { return &c.Redir }, nil},
	{"resp", true, func(c *Client) *int64 { return &c.Resp }, nil},
	{"addr", true, nil, func(c *Client) *string { return &c.Addr }},
	{"laddr", true, nil, func(c *Client) *string { return &c.Laddr }},
	{"name", true, nil, func(c *Client) *string { return &c.Name }},
	{"user", true, nil, func(c *Client) *string { return &c.User }},
	{"lib_name", true, nil, func(c *Client) *string { return &c.LibName }},
	{"lib_ver", true, nil, func(c *Client) *string { return &c.LibVer }},
	{"capa", true, nil, func(c *Client) *string { return &c.Capa }},
	{"db", false, func(c *Client) *int64 { return &c.DB }, nil},
	{"sub", false, func(c *Client) *int64 { return &c.Sub }, nil},
	{"psub", false, func(c *Client) *int64 { return &c.PSub }, nil},
	{"ssub", false, func(c *Client) *int64 { return &c.SSub }, nil},
	{"multi", false, func(c *Client) *int64 { return &c.Multi }, nil},
	{"watch", false, func(c *Client) *int64 { return &c.Watch }, nil},
	{"qbuf", false, func(c *Client) *int64 { return &c.QBuf }, nil},
	{"qbuf_free", false, func(c *Client) *int64 { return &c.QBufFree }, nil},
	{"argv_mem", false, func(c *Client) *int64 { return &c.ArgvMem }, nil},
	{"multi_mem", false, func(c *Client) *int64 { return &c.MultiMem }, nil},
	{"rbs", false, func(c *Client) *int64 { return &c.RBS }, nil},
	{"rbp", false, func(c *Client) *int64 { return &c.RBP }, nil},
	{"obl", false, func(c *Client) *int64 { return &c.OBL }, nil},
	{"oll", false, func(c *Client) *int64 { return &c.OLL }, nil},
	{"omem", false, func(c *Client) *int64 { return &c.OMem }, nil},
	{"mem_rest", false, func(c *Client) *int64 { return &c.TotMem }, nil},
	{"io_thread", false, func(c *Client) *int64 { return &c.IOThread }, nil},
	{"tot_net_in", false, func(c *Client) *int64 { return &c.NetIn }, nil},
	{"tot_net_out", false, func(c *Client) *int64 { return &c.NetOut }, nil},
	{"tot_cmds", false, func(c *Client) *int64 { return &c.Cmds }, nil},
	{"flags", false, nil, func(c *Client) *string { return &c.Flags }},
	{"events", false, nil, func(c *Client) *string { return &c.Events }},
	{"cmd", false, nil, func(c *Client) *string { return &c.Cmd }},
	{"extra", false, nil, func(c *Client) *string { return &c.Extra }},
	{"raw", false, nil, func(c *Client) *string { return &c.Raw }},
}

// splitClient parts a client into its fixed fields and the changing ones, Age and Idle in
// neither.
func splitClient(c *Client) (fixed, rest Client) {
	rest = *c
	rest.Age, rest.Idle = 0, 0
	fixed = Client{Has: c.Has, Layout: c.Layout, ID: c.ID, FD: c.FD, Redir: c.Redir, Resp: c.Resp,
		Addr: c.Addr, Laddr: c.Laddr, Name: c.Name, User: c.User,
		LibName: c.LibName, LibVer: c.LibVer, Capa: c.Capa}
	rest.Has, rest.Layout, rest.ID, rest.FD, rest.Redir, rest.Resp = 0, 0, 0, 0, 0, 0
	rest.Addr, rest.Laddr, rest.Name, rest.User = "", "", "", ""
	rest.LibName, rest.LibVer, rest.Capa = "", "", ""
	return fixed, rest
}

// sameFixed tells whether two clients agree in all fixed fields.
func sameFixed(a, b *Client) bool {
	return a.ID == b.ID && a.Addr == b.Addr && a.FD == b.FD && a.Has == b.Has &&
		a.Layout == b.Layout && a.Redir == b.Redir && a.Resp == b.Resp && a.Laddr == b.Laddr &&
		a.Name == b.Name && a.User == b.User && a.LibName == b.LibName &&
		a.LibVer == b.LibVer && a.Capa == b.Capa
}

// memParts is what getClientMemoryUsage adds up, so that the rest is nearly constant: the
// size of the client itself and its names. Wraps on overflow, which is undone on reading.
func memParts(c *Client) int64 {
	return c.QBuf + c.QBufFree + c.ArgvMem + c.MultiMem + c.RBS + c.OMem
}

func (r *clientRow) set(c *Client) {
	r.ID, r.FD, r.Has, r.Layout = c.ID, c.FD, int64(c.Has), int64(c.Layout)
	r.Redir, r.Resp, r.Addr, r.Laddr = c.Redir, c.Resp, c.Addr, c.Laddr
	r.Name, r.User, r.LibName, r.LibVer, r.Capa = c.Name, c.User, c.LibName, c.LibVer, c.Capa
}

func (r *spellRow) set(c *Client) {
	r.DB, r.Sub, r.PSub, r.SSub, r.Multi, r.Watch = c.DB, c.Sub, c.PSub, c.SSub, c.Multi, c.Watch
	r.QBuf, r.QBufFree, r.ArgvMem, r.MultiMem = c.QBuf, c.QBufFree, c.ArgvMem, c.MultiMem
	r.RBS, r.RBP, r.OBL, r.OLL, r.OMem = c.RBS, c.RBP, c.OBL, c.OLL, c.OMem
	r.MemRest = c.TotMem - memParts(c)
	r.IOThread, r.NetIn, r.NetOut, r.Cmds = c.IOThread, c.NetIn, c.NetOut, c.Cmds
	r.Flags, r.Events, r.Cmd, r.Extra, r.Raw = c.Flags, c.Events, c.Cmd, c.Extra, c.Raw
}
