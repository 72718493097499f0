// Package capture is the recorder: it asks a running server, on two connections held open
// from before the incident, and hands every reply, and every reply that did not come, to a
// Sink as records of package parse.
//
// Its stance:
//
//   - The recorder must not be part of the incident. Two connections for the whole recording
//     (INFO's, and one for what is long), never one per sample; after a loss it comes back with exponential back-off and full
//     jitter. CLIENT LIST is asked less often where it would take too much of the
//     server's main thread (Options.Budget), and the recording says so.
//   - A refusal is an observation. At maxclients a held connection goes on being served while
//     new ones are refused, so the recorder connects early; when it cannot, each attempt is a
//     record with the server's own words.
//   - It is read-only and keeps no secrets. It sends the commands of Probes and of the
//     handshake (AUTH, CLIENT SETNAME, CLIENT ID, CLIENT NO-EVICT, and on one connection HELLO
//     and SUBSCRIBE to a channel of its own) and nothing else, asks
//     for the parameters of ConfigKeys by name and never for CONFIG GET *, and takes the
//     arguments out of the slow log before anything is written.
//   - It gives nothing away. A late answer is waited for, on the connection that is held, for
//     as long as TCP holds it: the silence is recorded, then the answer, dated when it came.
//     After three time-outs another connection is tried beside it, and taken instead only if
//     the server serves it. The context ends the recording at once, also in a wait.
//   - Strangers write half of what it reads. A reply is held in buffers with limits; a
//     length is believed only as far as bytes have come.
//
// Least rights of an ACL user that records everything:
//
//	ACL SETUSER connbox reset resetchannels on >… +subscribe &connbox:* +client|setname
//	    +client|id +client|no-evict +info +client|list +slowlog|get +config|get
//	    +role +latency|latest +memory|stats +cluster|info
//
// The last line is for the optional probes; without it each is refused and recorded so once.
// Without +subscribe, or before Redis 6, no connection is a subscriber.
package capture
