package record

import "strings"

// Clients is one reply of CLIENT LIST, a row a connection, in the list's own order (which
// is not by id: clientsCron rotates the list).
type Clients struct {
	Head
	Rows    []Client // reused by the reader from sample to sample
	Layouts []Layout // key orders that rows refer to; Layouts[0] is usually the only one
}

// A CLIENT LIST of more rows, or whose text has more bytes, is cut where it is read; what is
// left fits a bundle. The bounds are arbitrary: servers stop at some 65,000 connections for
// each of their addresses, and print some 350 bytes for each.
const (
	MaxListRows  = 1 << 18
	MaxListBytes = 32 << 20
)

func (*Clients) Kind() Kind { return KindClients }

// A Layout is the order of keys in a line, as printed, unknown keys included.
type Layout []string

// A Client is one line of CLIENT LIST. A field that the server did not print has its zero
// value and its bit in Has unset: missing is not zero. Strings are interned by the reader
// and may be kept. Units are in clientFields.
type Client struct {
	Has                                               FieldSet
	Layout                                            int // index into Clients.Layouts; -1 when the line is only in Raw
	ID, FD, Age, Idle, DB, Sub, PSub, SSub            int64
	Multi, Watch, QBuf, QBufFree, ArgvMem, MultiMem   int64
	RBS, RBP, OBL, OLL, OMem, TotMem, Redir, Resp     int64
	IOThread, NetIn, NetOut, Cmds                     int64
	Addr, Laddr, Name, Flags, Capa, Events, Cmd, User string
	LibName, LibVer                                   string
	// Extra holds the values of keys this version does not know, in layout order,
	// separated by single spaces.
	Extra string
	// Raw is the line itself where writing the fields back would not give the same
	// bytes; the fields hold what could be read of it.
	Raw string
}

// A Field is one known key of CLIENT LIST.
type Field uint8

// A FieldSet says which fields a line had.
type FieldSet uint64

// Has tells whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s&(1<<f) != 0 }

// The known keys, in clientFields' order.
const (
	FieldID Field = iota
	FieldAddr
	FieldLaddr
	FieldFD
	FieldName
	FieldAge
	FieldIdle
	FieldFlags
	FieldCapa
	FieldDB
	FieldSub
	FieldPSub
	FieldSSub
	FieldMulti
	FieldWatch
	FieldQBuf
	FieldQBufFree
	FieldArgvMem
	FieldMultiMem
	FieldRBS
	FieldRBP
	FieldOBL
	FieldOLL
	FieldOMem
	FieldTotMem
	FieldEvents
	FieldCmd
	FieldUser
	FieldRedir
	FieldResp
	FieldLibName
	FieldLibVer
	FieldIOThread
	FieldNetIn
	FieldNetOut
	FieldCmds
	NoField
)

// Host gives the client's address without its port: the text before the last colon, with
// IPv6 brackets removed. A unix socket's host is "unix"; an unreadable peer ("?:0") is "?".
func (c *Client) Host() string { return HostOf(c.Addr) }

// HostOf gives an address without its port; see Client.Host.
func HostOf(addr string) string {
	if strings.HasPrefix(addr, "/") {
		return "unix"
	}
	i := strings.LastIndexByte(addr, ':')
	if i < 0 {
		return addr
	}
	h := addr[:i]
	if len(h) >= 2 && h[0] == '[' && h[len(h)-1] == ']' {
		h = h[1 : len(h)-1]
	}
	return h
}
