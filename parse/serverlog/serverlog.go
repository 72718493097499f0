// Package serverlog reads the log that a Redis, Valkey, KeyDB or Sentinel writes itself.
//
// A Line is one line of a log taken apart: what a collector put before it, process, role,
// date, level, and the server's own sentence. A Sentence is a row of the one table of what
// servers say, with its words in each version; matching a line's text against the table
// gives an Event: which sentence it is and what it holds (a peer, a client's line, counts,
// bytes, a limit). A Calendar makes times of the dates, which had no year before Redis 5.0.
//
// Lines and events point into the caller's bytes: nothing here keeps memory of its own, and
// a line that is no server's costs a few looks and no allocation.
package serverlog

// An ID names what a sentence says. The numbers are part of the bundle format: they are
// never reused, and new ones come at the end.
type ID uint16

// What servers say. The words are in sentences.
const (
	None ID = iota

	OutputBufferCut // a client was closed over client-output-buffer-limit; has Client
	QueryBufferCut  // a client was closed over client-query-buffer-limit; has Client
	ClientEvicted   // closed for maxmemory-clients; has Client
	OverClientMem   // maxmemory-clients cannot be met
	IdleClosed      // closed by `timeout`
	Accepted        // a connection was accepted; has Peer
	Closed          // a client closed; has Client from Redis 7.0 on
	ReadError       // reading from a client failed; has Detail
	WriteError      // writing to a client failed; has Detail
	ProtocolError   // a client spoke no protocol; has Client
	ClientCount     // Clients, Replicas, Bytes
	AcceptFailed    // accept(2) failed; has Detail
	RegisterFailed  // the event loop did not take the descriptor; has Detail, often FD
	HandshakeFailed // TLS or another handshake failed; has Detail
	LimitAsked      // Limit (maxclients asked for), Files needed
	LimitDenied     // the system refuses Files
	LimitReduced    // maxclients lowered to Limit for Files
	LimitRaised     // the descriptor limit was raised to Files
	LimitUnknown    // the descriptor limit cannot be read
	Refused         // max number of clients reached
	ReplicaAsks     // a replica asks for synchronization; has Peer
	ReplicaSynced   // a replica has its copy; has Peer
	ReplicaLost     // has Peer
	ReplicaTimeout  // has Peer
	FullResync      // asked for by a replica (Peer) or told by the primary
	PartialResync   // as well
	ResyncRefused   // a partial one was not possible
	LinkLost        // the link to the primary
	LinkFailed      // the link to the primary cannot be made; has Detail
	LinkTimeout     // no data from the primary
	LinkUp          // synchronization with the primary finished
	RoleChanged     // became a primary, or a replica of another
	Failover        // a failover of a cluster or by command
	SentinelDown    // +sdown, +odown
	SentinelUp      // -sdown, -odown
	SentinelSwitch  // +switch-master
	SentinelEvent   // any other of Sentinel's events; Detail is its name
	ClusterState    // Detail is ok or fail
	NodeFailed      // a node of the cluster is marked as failing
	ForkStarted     // PID of the child
	ForkEnded       // a child ended well
	ForkFailed      // a fork failed, or its child did
	ForkMemory      // Megabytes of copy-on-write
	FsyncSlow       // the AOF's fsync takes too long
	SlowScript      // Millis so far
	Starting        // Detail is the version; Port up to Redis 3.2
	Running         // Port, and in which mode
	Ready           // accepts connections
	Loaded          // the data set was loaded; Millis
	ShutdownAsked   // by a signal or a user
	Exited          // bye bye
	Crashed         // a crash report or a failed assertion; Detail is the version
	NoMemory        // an allocation failed; Bytes
	MemoryBelow     // maxmemory set below what is in use
	CrossProtocol   // HTTP sent to the server; has Peer from Redis 7.2 on
	AuthFailed      // a replica's AUTH was refused
	KeyCount        // keys of a database, every five seconds at verbose level
	Killed          // the system killed the server for want of memory
	Other           // lines that say nothing of connections
	SentinelTilt    // a Sentinel's clock jumped or its process stood still: it acts on nothing for a while
	numIDs
)

// A Quantity is a number that a sentence holds.
type Quantity uint8

// The quantities.
const (
	Clients   Quantity = iota // connections, replicas left out
	Replicas                  // connections of replicas
	Bytes                     // bytes of memory
	FD                        // a file descriptor
	Limit                     // maxclients
	Files                     // the limit of open files
	PID                       // process id of a child
	Megabytes                 // of memory
	Millis                    // milliseconds
	Offset                    // place in the replication stream
	Port                      // that the server listens on
	numQuantities
)

// quantityWords are the quantities' names in sentences.
var quantityWords = [numQuantities]string{
	"clients", "replicas", "bytes", "fd", "limit", "files", "pid", "mb", "ms", "offset", "port",
}

// An Event is what a sentence says. Its byte slices point into the line.
type Event struct {
	ID     ID
	Peer   []byte // address with port
	Client []byte // a line of CLIENT LIST
	Detail []byte // an error's words, a version, an event's name
	// Left is what the sentence still lacks where the line ends early: the rest of the table's
	// words, which the next line may begin with where a terminal broke them.
	Left string

	n   [numQuantities]int64
	has uint16
	// data is where text of a client's own stands in the sentence: its buffer's first bytes.
	data [2]int
}

// Number gives a quantity and whether the sentence holds it.
func (e *Event) Number(q Quantity) (int64, bool) { return e.n[q], e.has&(1<<q) != 0 }

func (e *Event) set(q Quantity, v int64) {
	e.n[q] = v
	e.has |= 1 << q
}

// AppendText appends the sentence without what a client sent, which may be a secret: three
// stars stand in its place. text is what the event was matched in.
func (e *Event) AppendText(dst, text []byte) []byte {
	if e.data[1] <= e.data[0] || e.data[1] > len(text) {
		return append(dst, text...)
	}
	dst = append(dst, text[:e.data[0]]...)
	dst = append(dst, "***"...)
	return append(dst, text[e.data[1]:]...)
}
