package library

import (
	"strings"
	"testing"
)

// TestSays takes messages in the forms of the libraries; of several lines that with the least rank.
func TestSays(t *testing.T) {
	tests := []struct{ name, text, want, not string }{
		{"StackExchange.Redis, too few threads",
			"RedisTimeoutException: Timeout performing HGET (3000ms), next: HGET a, inst: 1, qu: 0, qs: 41, in: 512, mgr: 8 of 10 available, " +
				"IOCP: (Busy=0,Free=1000,Min=3,Max=1000), WORKER: (Busy=77,Free=32690,Min=3,Max=32767), POOL: (Threads=80,QueuedItems=19), v: 2.6",
			"short of threads: 77 busy, and beyond 3 (Min) one is added each 500 ms: raise ThreadPool.SetMinThreads and block less; " +
				"41 sent and not answered (qs), 512 bytes of replies not read (in), 19 pieces of work waiting", "(qu)"},
		{"StackExchange.Redis, threads enough",
			"Timeout awaiting response (3100ms elapsed), command=GET, qu: 0, qs: 2, in: 0, WORKER: (Busy=3,Free=300,Min=64,Max=303)",
			"threads enough (3 busy, 64 kept ready); 2 sent and not answered (qs):", "(in)"},
		{"StackExchange.Redis, not connected", "It was not possible to connect. ConnectTimeout, WORKER: (Busy=9,Free=1,Min=4,Max=10)", "9 busy, and beyond 4", "QueuedItems"},
		{"Redisson's pool", "Unable to acquire connection! [freeConnectionsAmount=0, freeConnectionsCounter=value:0:queue:37, client=[]]",
			"own pool is exhausted: 0 connections more may be taken and 37 wait", "not exhausted"},
		{"Redisson's pool, miscounted", "freeConnectionsCounter=value:-5:queue:8", "no (its count is below zero) connections more may be taken and 8 wait", "-5"},
		{"Redisson's pool has some", "Unable to acquire connection! [freeConnectionsCounter=value:24:queue:0]", "not exhausted: 24 connections more", "own pool is exhausted"},
		{"Redisson before it counted who waits", "Unable to get connection! freeConnectionsCounter=12, freezed=false", "not exhausted: 12", "wait;"},
		{"Redisson without counters", "Unable to acquire connection! NodeSource [slot=3, entry=null]", "it does not say", "own pool is exhausted"},
		{"Jedis exhausted", "redis.clients.jedis.exceptions.JedisConnectionException: Could not get a resource from the pool\n" +
			"Caused by: java.util.NoSuchElementException: Timeout waiting for idle object\n", "its own pool is exhausted", "timed out"},
		{"Jedis cannot connect", "JedisConnectionException: Could not get a resource from the pool\nCaused by: java.net.SocketTimeoutException: connect timed out",
			"did not come about", "exhausted"},
		{"Jedis with a test that fails", "JedisExhaustedPoolException: Could not get a resource since the pool is exhausted\n" +
			"Caused by: java.util.NoSuchElementException: Unable to validate object", "failed the pool's test", "own pool is exhausted"},
		{"a pool's counts", "pool numActive=64, numIdle=0", "64 connections in use and 0 idle: if that is its size, the pool is exhausted", "to give"},
		{"a pool's counts the other way", "numIdle=>3,numActive=>5", "5 connections in use and 3 idle: the pool has connections to give", "exhausted"},
		{"redis-py", "redis.exceptions.ConnectionError: Too many connections", "its own pool is exhausted", "fared"},
		{"kombu", "Couldn't ack u'7', reason:ConnectionError('Too many connections',)", "its own pool is exhausted", "fared"},
		{"MySQL", "OperationalError: (1040, 'Too many connections')", "", "pool"},
		{"go-redis", `{"error":"redis: connection pool timeout"}`, "its own pool is exhausted", "fared"},
		{"connection_pool in Sidekiq's log", "ERROR: Error fetching job: Waited 2 sec", "its own pool is exhausted", "fared"},
		{"Go cannot dial", "cannot start: dial tcp 10.0.0.4:6379: i/o timeout", "did not come about", "exhausted"},
		{"ioredis is cut", "[ioredis] Unhandled error event: Error: read ECONNRESET", "closed by the other side", "fared"},
		{"redis-py is cut", "redis.exceptions.ConnectionError: Error while reading from socket: ('Connection closed by server.',)", "closed by the other side", "fared"},
		{"no port", "Predis\\Connection\\ConnectionException: Cannot assign requested address [tcp://10.0.0.3:6379]", "no local port left", "fared"},
		{"Lettuce's timeout", "io.lettuce.core.RedisCommandTimeoutException: Command timed out after 3 second(s)", "not answered in time", "pool is"},
		{"another's", "redis.exceptions.ResponseError: WRONGTYPE", "a client library's own message", "exhausted"},
		{"prose", "the pool was full of water", "", "pool"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			said, least := "", 0
			for line := range strings.Lines(test.text) {
				if text, rank := Says([]byte(line)); rank > 0 && (least == 0 || rank < least) {
					said, least = text, rank
				}
			}
			if !strings.Contains(said, test.want) || test.want == "" && said != "" || strings.Contains(said, test.not) {
				t.Errorf("says %q\nwant %q, not %q", said, test.want, test.not)
			}
		})
	}
}
