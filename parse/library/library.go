// Package library reads the messages of clients' libraries for what they say of the client.
package library

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// libraries are the messages of clients' libraries, which tell how the client fared: what they
// say of it, and what to take instead. What says more stands first.
var libraries = [...]struct {
	line *regexp.Regexp
	says func(groups []string) string
}{
	{regexp.MustCompile(`\b(?:Timeout|[Cc]onnect).*\bWORKER: \(Busy=\d+,Free=\d+,Min=\d+,Max=\d+\).*`), stackExchange},
	{regexp.MustCompile(`\bfreeConnectionsCounter=(?:value:)?(-?\d{1,18})(?::queue:(\d{1,18}))?`), redisson},
	{regexp.MustCompile(`\bnum(?:Idle|Active)\W{1,4}(\d{1,9})\W{1,4}num(Active|Idle)\W{1,4}(\d{1,9})`), commonsPool},
	{regexp.MustCompile(`Unable to validate object`),
		always("a client's message: a connection that its pool took or made failed the pool's test, as when the server is away, refuses or wants a password; " +
			"the pool is not exhausted, whatever the exception's name: " + askServer)},
	{regexp.MustCompile(`Cannot assign requested address|EADDRNOTAVAIL`),
		always("a client's message: its system had no local port left to connect from (or the address is none of its own, as ::1 without IPv6): " +
			"closed connections keep their ports for a while (TIME_WAIT), so that it opens and closes too many of them: let it keep its connections; " +
			"ss -tan on that machine counts them, redis-cli INFO stats twice the new ones")},
	{regexp.MustCompile(`pool is exhausted|[Pp]ool exhausted|Timeout waiting for idle object|redis: connection pool timeout|` +
		`ConnectionPool::TimeoutError|connection_pool/timed_stack|\bWaited [\d.]+ sec\b|PoolTimeoutException|MaxConnectionsError|ConnectionError[('": ]+Too many connections`),
		always("a client's message: its own pool is exhausted, all of its connections are taken, by slow commands or as they are not given back; " +
			"it is not the server's limit, which answers “max number of clients reached”: compare the pool's size with what runs at a time; " + askServer)},
	{regexp.MustCompile(`Unable to (?:acquire|get) connection!`),
		always("a message of Redisson, which had no connection to send on in time; whether its pool was exhausted or the server did not take one it does not say: " + askServer)},
	{regexp.MustCompile(`(?i)connect(?:ion)? timed out|Connection refused|ECONNREFUSED|ETIMEDOUT|UnableToConnect|ConnectTimeout|No route to host|Failed connecting to|dial tcp\S*( \S+)? i/o timeout`),
		always("a client's message: its connection did not come about (refused or timed out), and a server at maxclients takes a connection and then answers " +
			"“max number of clients reached”: ask from that machine with redis-cli PING, and at the server redis-cli INFO")},
	{regexp.MustCompile(`ECONNRESET|EPIPE|[Cc]onnection reset by peer|Connection closed by server|SocketClosed`),
		always("a client's message: a connection that it had was closed by the other side: by the server's timeout or a limit of its buffers, by a restart, or by what is between " +
			"(proxy, firewall, load balancer) when it was idle: take redis-cli CONFIG GET timeout, redis-cli INFO and the server's log of that time")},
	{regexp.MustCompile(`RedisCommandTimeoutException|Command timed out|redis\.exceptions\.TimeoutError|read error on connection|Timeout reading from`),
		always("a client's message: a command was not answered in time, over a connection that was there: a slow server or network, not its limit: " +
			"take redis-cli SLOWLOG GET, redis-cli INFO and redis-cli CLIENT LIST of the server")},
	{regexp.MustCompile(`RedisConnectionException|JedisConnectionException|redis\.exceptions\.|MaxRetriesPerRequestError|Redis::CannotConnectError|` +
		`Timeout (performing|awaiting response).*(IOCP|serverEndpoint)|org\.redisson\.|io\.lettuce\.core\.|redis\.clients\.jedis\.|RedisTimeoutException|ioredis|Predis\\|RedisException`),
		always("a client library's own message, which says how it fared and not why: " + askServer)},
}

const askServer = "take redis-cli INFO and redis-cli CLIENT LIST of the server, and see --app for the library's pool metrics"

func always(text string) func([]string) string { return func([]string) string { return text } }

// Says gives what a line of a client's log says of the client and what to take instead, and how
// little that is: of several lines the one with the least rank counts. Rank 0: nothing.
func Says(line []byte) (text string, rank int) {
	s := string(line)
	for i, l := range libraries {
		if groups := l.line.FindStringSubmatch(s); groups != nil {
			return l.says(groups), i + 1
		}
	}
	return "", 0
}

// asking is how a message's words end: with what to take instead.
var asking = regexp.MustCompile(`[:;] (?:take redis-cli|ask from that machine) .*$`)

// Beside is Says without what to take instead, for a line beside what was taken.
func Beside(line []byte) (text string, rank int) {
	text, rank = Says(line)
	return asking.ReplaceAllString(text, ""), rank
}

var (
	stackWorkers = regexp.MustCompile(`\bWORKER: \(Busy=(\d{1,9}),Free=\d+,Min=(\d{1,9}),`)
	stackCounts  = [...]struct {
		is   *regexp.Regexp
		says string
	}{
		{regexp.MustCompile(`\bqs: (\d{1,18})\b`), "sent and not answered (qs)"},
		{regexp.MustCompile(`\bqu: (\d{1,18})\b`), "not sent yet (qu)"},
		{regexp.MustCompile(`\bin: (\d{1,18})\b`), "bytes of replies not read (in)"},
		{regexp.MustCompile(`\bQueuedItems=(\d{1,18})\b`), "pieces of work waiting for a thread (QueuedItems)"},
	}
)

// stackExchange reads the counters in StackExchange.Redis's message. Source: its docs, Timeouts:
// with more threads busy than Min, .NET adds one each 500 ms.
func stackExchange(groups []string) string {
	line, worker := groups[0], "its .NET thread pool has threads enough"
	if w := stackWorkers.FindStringSubmatch(line); w != nil {
		busy, _ := strconv.Atoi(w[1])
		ready, _ := strconv.Atoi(w[2])
		if busy > ready {
			worker = fmt.Sprintf("its .NET thread pool is short of threads: %d busy, and beyond %d (Min) one is added each 500 ms: "+
				"raise ThreadPool.SetMinThreads and block less", busy, ready)
		} else {
			worker += fmt.Sprintf(" (%d busy, %d kept ready)", busy, ready)
		}
	}
	var counts []string
	for _, c := range stackCounts {
		if n := c.is.FindStringSubmatch(line); n != nil && strings.Trim(n[1], "0") != "" {
			counts = append(counts, n[1]+" "+c.says)
		}
	}
	if len(counts) > 0 {
		worker += "; " + strings.Join(counts, ", ")
	}
	return "a message of StackExchange.Redis, which shares one connection and has no pool to exhaust; " + worker +
		": take redis-cli SLOWLOG GET, redis-cli INFO and redis-cli CLIENT LIST of the server"
}

// redisson reads what is left of Redisson's pool, and who waits. Source: Redisson,
// ClientConnectionsEntry.toString and AsyncSemaphore.toString.
func redisson(groups []string) string {
	left, _ := strconv.ParseInt(groups[1], 10, 64)
	queue, _ := strconv.ParseInt("0"+groups[2], 10, 64)
	if left > 0 && queue == 0 {
		return fmt.Sprintf("a message of Redisson, whose pool was not exhausted: %d connections more may be taken and nobody waits; "+
			"the connection itself did not come about in time: %s", left, askServer)
	}
	many := strconv.FormatInt(left, 10)
	if left < 0 {
		many = "no (its count is below zero)"
	}
	return fmt.Sprintf("a message of Redisson, whose own pool is exhausted: %s connections more may be taken and %d wait; "+
		"it is not the server's limit, which answers “max number of clients reached”: %s", many, queue, askServer)
}

// commonsPool reads numActive and numIdle of the pool that Jedis and others use, in either order.
func commonsPool(groups []string) string {
	active, idle := groups[3], groups[1]
	if groups[2] == "Idle" {
		active, idle = idle, active
	}
	state := "the pool has connections to give"
	if strings.Trim(idle, "0") == "" {
		state = "if that is its size, the pool is exhausted, by slow commands or as they are not given back; " +
			"the server's limit answers “max number of clients reached”"
	}
	return fmt.Sprintf("what a client says of its own pool: %s connections in use and %s idle: %s: %s", active, idle, state, askServer)
}
