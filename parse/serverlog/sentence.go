package serverlog

// A Sentence is one thing a server says, in the words of some versions. Words in braces
// stand for what varies:
//
//	{peer}    an address with its port        {client}  a line of CLIENT LIST
//	{detail}  other words that are kept       {data}    a client's own bytes, never kept
//	{…}       words that do not matter        {clients} {bytes} {fd} … a Quantity's number
//
// Since and Until are the first and the last minor version seen to say it, with the product
// where it is not Redis; an empty Until is the newest read (Redis 8.0, Valkey 8.0). Source:
// the servers' serverLog, redisLog and sentinelEvent calls, branch by branch.
type Sentence struct {
	ID           ID
	Text         string
	Since, Until string
	// Bare tells a sentence that is known without a log's head before it: nothing else says it.
	// Each of these has the letters of one of bareMarks.
	Bare bool
}

// sentences is looked through in order among those with the same first letter: what comes
// most often stands first.
var sentences = []Sentence{
	{ID: Accepted, Text: "Accepted {peer}", Since: "2.2"},
	{ID: Closed, Text: "Client closed connection {client}", Since: "7.0"},
	{ID: Closed, Text: "Client closed connection", Since: "2.2", Until: "6.2"},
	{ID: KeyCount, Text: "DB {…}: {…} keys ({…} volatile) in {…} slots HT.", Since: "2.2"},
	{ID: ClientCount, Text: "{clients} clients connected ({replicas} slaves), {bytes} bytes in use", Since: "2.2", Until: "4.0"},
	{ID: ClientCount, Text: "{clients} clients connected ({replicas} replicas), {bytes} bytes in use", Since: "5.0"},
	{ID: ClientCount, Text: "Total: {clients} clients connected ({replicas} replicas), {bytes} ({…}) bytes in use", Since: "valkey 8.0"},
	{ID: ReadError, Text: "Reading from client: {detail}", Since: "2.2"},
	{ID: WriteError, Text: "Error writing to client: {detail}", Since: "2.2"},
	{ID: IdleClosed, Text: "Closing idle client", Since: "2.2"},
	{ID: Accepted, Text: "Accepted connection to {…}", Since: "2.2"},
	{ID: Accepted, Text: "RDMA Accepted {peer}", Since: "valkey 8.0"},

	// Limits of buffers and memory.
	{ID: OutputBufferCut, Text: "Client {client} scheduled to be closed ASAP for overcoming of output buffer limits.", Since: "2.6", Bare: true},
	{ID: OutputBufferCut, Text: "Client {client} closed for overcoming of output buffer limits.", Since: "6.2", Bare: true},
	{ID: QueryBufferCut, Text: "Closing client that reached max query buffer length: {client} (qbuf initial bytes: {data})", Since: "2.4", Bare: true},
	{ID: ClientEvicted, Text: "Evicting client: {client}", Since: "7.0", Bare: true},
	{ID: OverClientMem, Text: "Over client maxmemory after evicting all evictable clients", Since: "7.0", Bare: true},
	{ID: ProtocolError, Text: "Protocol error ({detail}) from client: {client}. {data}", Since: "4.0"},
	{ID: ProtocolError, Text: "Protocol error from client: {client}", Since: "2.4", Until: "3.2"},
	{ID: MemoryBelow, Text: "WARNING: the new maxmemory value set via CONFIG SET {…}is smaller than the current memory usage{…}", Since: "2.6"},
	{ID: NoMemory, Text: "Out Of Memory allocating {bytes} bytes!", Since: "2.6"},

	// Descriptors and the limit of clients.
	{ID: AcceptFailed, Text: "RDMA Accepting client connection: {detail}", Since: "valkey 8.0", Bare: true},
	{ID: AcceptFailed, Text: "Accepting client connection: {detail}", Since: "2.2", Bare: true},
	{ID: AcceptFailed, Text: "accept({…}) = -1 EMFILE ({detail})", Since: "strace 4", Bare: true},
	{ID: AcceptFailed, Text: "accept4({…}) = -1 EMFILE ({detail})", Since: "strace 4", Bare: true},
	{ID: RegisterFailed, Text: "Error registering fd event for the new client: {detail} (fd={fd})", Since: "2.6", Until: "5.0", Bare: true},
	{ID: RegisterFailed, Text: "Error registering fd event for the new client: {detail} (conn: {…})", Since: "6.0", Until: "7.0", Bare: true},
	{ID: RegisterFailed, Text: "Error registering fd event for the new client connection: {detail} (addr={peer} laddr={…})", Since: "7.2", Bare: true},
	{ID: RegisterFailed, Text: "Error registering fd event for the new client: {detail}", Since: "2.6", Until: "2.6", Bare: true}, // as people post it of the port for Windows
	{ID: HandshakeFailed, Text: "Error accepting a client connection: {detail} (conn: {…})", Since: "6.0", Until: "7.0", Bare: true},
	{ID: HandshakeFailed, Text: "Error accepting a client connection: {detail} (addr={peer} laddr={…})", Since: "7.2", Bare: true},
	{ID: HandshakeFailed, Text: "Error accepting a client connection: {detail}", Since: "6.0", Until: "7.0", Bare: true},
	{ID: HandshakeFailed, Text: "Accepted client connection in error state: {detail} (conn: {…})", Since: "6.0", Until: "7.0"},
	{ID: HandshakeFailed, Text: "Accepted client connection in error state: {detail} (addr={peer} laddr={…})", Since: "7.2"},
	{ID: LimitAsked, Text: "You requested maxclients of {limit} requiring at least {files} max file descriptors.", Since: "2.8", Bare: true},
	{ID: LimitDenied, Text: "Redis can't set maximum open files to {files} because of OS error: {detail}.", Since: "2.8", Until: "3.0"},
	{ID: LimitDenied, Text: "Server can't set maximum open files to {files} because of OS error: {detail}.", Since: "3.2"},
	{ID: LimitReduced, Text: "Current maximum open files is {files}. maxclients has been reduced to {limit} to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.", Since: "2.8", Bare: true},
	{ID: LimitReduced, Text: "Unable to set the max number of files limit to {files} ({…}), setting the max clients configuration to {limit}.", Since: "2.6", Until: "2.6", Bare: true},
	{ID: LimitReduced, Text: "The operating system is not able to handle the specified number of clients, try with {limit}", Since: "2.6", Bare: true},
	{ID: LimitRaised, Text: "Increased maximum number of open files to {files} (it was originally set to {…}).", Since: "2.8"},
	{ID: LimitUnknown, Text: "Unable to obtain the current NOFILE limit ({detail}), assuming 1024 and setting the max clients configuration accordingly.", Since: "2.6", Bare: true},
	{ID: LimitDenied, Text: "Your current 'ulimit -n' of {files} is not enough for {…} to start. Please increase your open file limit to at least {…}. Exiting.", Since: "2.8"},

	// Replication, seen from the primary.
	{ID: ReplicaAsks, Text: "Replica {peer} asks for synchronization", Since: "5.0"},
	{ID: ReplicaAsks, Text: "Slave {peer} asks for synchronization", Since: "2.8", Until: "4.0"},
	{ID: ReplicaAsks, Text: "Slave ask for synchronization", Since: "2.2", Until: "2.6"},
	{ID: ReplicaSynced, Text: "Synchronization with replica {peer} succeeded", Since: "5.0"},
	{ID: ReplicaSynced, Text: "Synchronization with slave {peer} succeeded", Since: "2.8", Until: "4.0"},
	{ID: ReplicaSynced, Text: "Synchronization with slave succeeded", Since: "2.2", Until: "2.6"},
	{ID: ReplicaSynced, Text: "Streamed RDB transfer with replica {peer} succeeded (socket). Waiting for REPLCONF ACK from {…} to enable streaming", Since: "5.0"},
	{ID: ReplicaSynced, Text: "Streamed RDB transfer with slave {peer} succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming", Since: "2.8", Until: "4.0"},
	{ID: ReplicaLost, Text: "Connection with replica {peer} lost.", Since: "5.0"},
	{ID: ReplicaLost, Text: "Connection with slave {peer} lost.", Since: "2.8", Until: "4.0"},
	{ID: ReplicaTimeout, Text: "Disconnecting timedout replica (full sync): {peer}", Since: "6.0"},
	{ID: ReplicaTimeout, Text: "Disconnecting timedout replica (streaming sync): {peer}", Since: "6.0"},
	{ID: ReplicaTimeout, Text: "Disconnecting timedout replica: {peer}", Since: "5.0", Until: "5.0"},
	{ID: ReplicaTimeout, Text: "Disconnecting timedout slave: {peer}", Since: "2.8", Until: "4.0"},
	{ID: FullResync, Text: "Full resync requested by replica {peer}", Since: "5.0"},
	{ID: FullResync, Text: "Full resync requested by slave {peer}", Since: "2.8", Until: "4.0"},
	{ID: PartialResync, Text: "Partial resynchronization request from {peer} accepted. Sending {bytes} bytes of backlog starting from offset {offset}.", Since: "2.8"},
	{ID: ResyncRefused, Text: "Unable to partial resync with replica {peer} for lack of backlog (Replica request was: {offset}).", Since: "5.0"},
	{ID: ResyncRefused, Text: "Unable to partial resync with slave {peer} for lack of backlog (Slave request was: {offset}).", Since: "2.8", Until: "4.0"},
	{ID: ResyncRefused, Text: "Partial resynchronization not accepted: {detail}", Since: "2.8"},

	// Replication, seen from the replica.
	{ID: FullResync, Text: "Full resync from master: {…}:{offset}", Since: "2.8"},
	{ID: FullResync, Text: "Full resync from primary: {…}:{offset}", Since: "valkey 8.0"},
	{ID: PartialResync, Text: "Successful partial resynchronization with {…}.", Since: "2.8"},
	{ID: ResyncRefused, Text: "Partial resynchronization not possible (no cached {…})", Since: "2.8"},
	{ID: LinkLost, Text: "Connection with master lost.", Since: "2.8"},
	{ID: LinkLost, Text: "Connection with primary lost.", Since: "valkey 8.0"},
	{ID: LinkFailed, Text: "Error condition on socket for SYNC: {detail}", Since: "2.6"},
	{ID: LinkFailed, Text: "Error condition on socket for dual channel replication: {detail}", Since: "valkey 8.0"},
	{ID: LinkFailed, Text: "Sending command to master in replication handshake: {detail}", Since: "3.0"},
	{ID: LinkFailed, Text: "Sending command to primary in replication handshake: {detail}", Since: "valkey 8.0"},
	{ID: LinkFailed, Text: "Error reply to PING from master: {detail}", Since: "2.8"},
	{ID: LinkFailed, Text: "Error reply to PING from primary: {detail}", Since: "valkey 8.0"},
	{ID: LinkFailed, Text: "Timeout connecting to the MASTER...", Since: "2.4"},
	{ID: LinkFailed, Text: "Timeout connecting to the PRIMARY...", Since: "valkey 8.0"},
	{ID: LinkTimeout, Text: "MASTER timeout: no data nor PING received...", Since: "2.8"},
	{ID: LinkTimeout, Text: "PRIMARY timeout: no data nor PING received...", Since: "valkey 8.0"},
	{ID: LinkTimeout, Text: "Timeout receiving bulk data from MASTER...{…}", Since: "2.2"},
	{ID: LinkTimeout, Text: "Timeout receiving bulk data from PRIMARY...{…}", Since: "valkey 8.0"},
	{ID: LinkFailed, Text: "Master is currently unable to PSYNC but should be in the future: {detail}", Since: "4.0"},
	{ID: LinkFailed, Text: "Primary is currently unable to PSYNC but should be in the future: {detail}", Since: "valkey 8.0"},
	{ID: LinkUp, Text: "MASTER <-> REPLICA sync: Finished with success", Since: "5.0"},
	{ID: LinkUp, Text: "MASTER <-> SLAVE sync: Finished with success", Since: "2.2", Until: "4.0"},
	{ID: LinkUp, Text: "PRIMARY <-> REPLICA sync: Finished with success", Since: "valkey 8.0"},
	{ID: AuthFailed, Text: "Unable to AUTH to MASTER: {detail}", Since: "2.2"},
	{ID: AuthFailed, Text: "Unable to AUTH to PRIMARY: {detail}", Since: "valkey 8.0"},
	{ID: AuthFailed, Text: "Unable to AUTH to Primary: {detail}", Since: "valkey 8.0"},

	// Changes of role, failovers, Sentinel, the cluster.
	{ID: RoleChanged, Text: "MASTER MODE enabled ({detail})", Since: "2.2"},
	{ID: RoleChanged, Text: "PRIMARY MODE enabled ({detail})", Since: "valkey 8.0"},
	{ID: RoleChanged, Text: "SLAVE OF {peer} enabled ({detail})", Since: "2.2", Until: "4.0"},
	{ID: RoleChanged, Text: "REPLICAOF {peer} enabled ({detail})", Since: "5.0"},
	{ID: RoleChanged, Text: "Configuration change detected. Reconfiguring myself as a replica of {…}", Since: "3.0"},
	{ID: Failover, Text: "Failover election won: I'm the new {…}.", Since: "3.0"},
	{ID: Failover, Text: "Starting a failover election for epoch {…}", Since: "3.0"},
	{ID: Failover, Text: "Manual failover requested by {…}", Since: "3.0"},
	{ID: Failover, Text: "FAILOVER requested to {detail}", Since: "6.2"},
	{ID: Failover, Text: "Failover target {peer} is synced, failing over.", Since: "6.2"},
	{ID: Failover, Text: "A failover occurred in shard {…}", Since: "7.4"},
	{ID: Failover, Text: "Executing user requested FAILOVER of '{detail}'", Since: "2.8"},
	{ID: ClusterState, Text: "Cluster state changed: {detail}", Since: "3.0"},
	{ID: NodeFailed, Text: "Marking node {…} as failing (quorum reached).", Since: "3.0"},
	{ID: NodeFailed, Text: "FAIL message received from {…} about {…}", Since: "3.0"},
	{ID: SentinelSwitch, Text: "+switch-master {detail}", Since: "2.8"},
	{ID: SentinelDown, Text: "+sdown {detail}", Since: "2.8"},
	{ID: SentinelDown, Text: "+odown {detail}", Since: "2.8"},
	{ID: SentinelUp, Text: "-sdown {detail}", Since: "2.8"},
	{ID: SentinelUp, Text: "-odown {detail}", Since: "2.8"},
	{ID: SentinelTilt, Text: "+tilt #tilt mode entered", Since: "2.8"},
	{ID: SentinelEvent, Text: "+{detail}", Since: "2.8"},
	{ID: SentinelEvent, Text: "-{detail}", Since: "2.8"},

	// What stalls the server.
	{ID: ForkStarted, Text: "Background saving started by pid {pid}", Since: "2.2"},
	{ID: ForkStarted, Text: "Background append only file rewriting started by pid {pid}", Since: "2.2"},
	{ID: ForkStarted, Text: "Background RDB transfer started by pid {pid}{…}", Since: "2.8"},
	{ID: ForkEnded, Text: "Background saving terminated with success", Since: "2.2"},
	{ID: ForkEnded, Text: "Background AOF rewrite terminated with success", Since: "2.4"},
	{ID: ForkEnded, Text: "Background append only file rewriting terminated with success", Since: "2.2", Until: "2.2"},
	{ID: ForkEnded, Text: "Background RDB transfer terminated with success", Since: "2.8"},
	{ID: ForkFailed, Text: "Background saving error", Since: "2.2"},
	{ID: ForkFailed, Text: "Background saving terminated by signal {…}", Since: "2.2"},
	{ID: ForkFailed, Text: "Background AOF rewrite terminated by signal {…}", Since: "2.4"},
	{ID: ForkFailed, Text: "Background AOF rewrite terminated with error", Since: "2.4"},
	{ID: ForkFailed, Text: "Can't save in background: fork: {detail}", Since: "2.2"},
	{ID: ForkFailed, Text: "Can't rewrite append only file in background: fork: {detail}", Since: "2.2"},
	{ID: ForkFailed, Text: "Failed to fork: {detail}", Since: "5.0", Until: "6.2"},
	{ID: ForkMemory, Text: "RDB: {mb} MB of memory used by copy-on-write", Since: "2.6", Until: "6.2"},
	{ID: ForkMemory, Text: "AOF rewrite: {mb} MB of memory used by copy-on-write", Since: "2.6", Until: "6.2"},
	{ID: ForkMemory, Text: "Fork CoW for {…}: current {mb} MB, peak {…} MB, average {…} MB", Since: "7.0"},
	{ID: FsyncSlow, Text: "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down {…}", Since: "2.4"},
	{ID: SlowScript, Text: "Lua slow script detected: still in execution after {ms} milliseconds. {…}", Since: "2.6", Until: "6.2"},
	{ID: SlowScript, Text: "Slow script detected: still in execution after {ms} milliseconds. {…}", Since: "7.0"},

	// The process itself.
	{ID: Starting, Text: "Server started, Redis version {detail}", Since: "2.2", Until: "3.2"},
	{ID: Starting, Text: "Redis {detail} ({…}) {…} bit, {…} mode, port {port}, pid {pid} ready to start.", Since: "3.0", Until: "3.2"},
	{ID: Running, Text: "Running mode={…}, port={port}.", Since: "4.0"},
	{ID: Starting, Text: "Redis version={detail}, bits={…}, just started", Since: "4.0"},
	{ID: Starting, Text: "Valkey version={detail}, bits={…}, just started", Since: "valkey 7.2"},
	{ID: Starting, Text: "KeyDB version={detail}, bits={…}, just started", Since: "keydb 6.0"},
	{ID: Ready, Text: "The server is now ready to accept connections {…}", Since: "2.2"},
	{ID: Ready, Text: "Ready to accept connections{…}", Since: "4.0"},
	{ID: Loaded, Text: "DB loaded from {…}: {…} seconds", Since: "2.2"},
	{ID: ShutdownAsked, Text: "User requested shutdown...{…}", Since: "2.2"},
	{ID: ShutdownAsked, Text: "Received SIGTERM{…}", Since: "2.2"},
	{ID: ShutdownAsked, Text: "Received SIGINT{…}", Since: "2.8"},
	{ID: Exited, Text: "{…} is now ready to exit, bye bye...", Since: "2.2"},
	{ID: Crashed, Text: "Redis {detail} crashed by signal: {…}", Since: "2.4"},
	{ID: Crashed, Text: "Valkey {detail} crashed by signal: {…}", Since: "valkey 7.2"},
	{ID: Crashed, Text: "KeyDB {detail} crashed by signal: {…}", Since: "keydb 6.0"},
	{ID: Crashed, Text: "=== ASSERTION FAILED ===", Since: "2.2"},
	{ID: CrossProtocol, Text: "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to {…}. Connection from {peer} aborted.", Since: "7.2"},
	{ID: CrossProtocol, Text: "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to {…}", Since: "3.2"},
	{ID: Killed, Text: "Out of memory: Killed process {…} (redis-server){…}", Since: "linux 5.1", Bare: true},
	{ID: Killed, Text: "Out of memory: Killed process {…} (valkey-server){…}", Since: "linux 5.1", Bare: true},
	{ID: Killed, Text: "Out of memory: Kill process {…} (redis-server){…}", Since: "linux 2.6", Bare: true},
	{ID: Killed, Text: "Memory cgroup out of memory: Killed process {…} (redis-server){…}", Since: "linux 5.1", Bare: true},
	{ID: Killed, Text: "Memory cgroup out of memory: Killed process {…} (valkey-server){…}", Since: "linux 5.1", Bare: true},
	{ID: Refused, Text: "max number of clients reached", Since: "2.2", Bare: true},
	{ID: Refused, Text: "max number of clients reached.", Since: "2.2", Bare: true},
	{ID: Refused, Text: "max number of clients reached ({…})", Since: "2.2", Bare: true},
	{ID: Refused, Text: "max number of clients reached. {…}", Since: "2.2", Bare: true},
	{ID: Refused, Text: "max number of clients reached, {…}", Since: "2.2", Bare: true},
	{ID: Refused, Text: "max number of clients reached in /{…}", Since: "2.2", Bare: true}, // PHP, with the file
	{ID: Refused, Text: "max number of clients + cluster connections reached", Since: "6.0", Bare: true},
}
