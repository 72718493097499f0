package measure

import "github.com/connbox/connbox/analyze/timeline"

// LongerThan gives the commands of the recording that ran for so many seconds, and for how
// many they ran in all.
func (m *Model) LongerThan(seconds float64) (long []timeline.SlowCommand, total float64) {
	lo := 0.0
	if len(m.Samples) > 0 {
		lo = m.Samples[0].T - m.Interval
	}
	for _, e := range m.TL.Slow {
		if float64(e.Micros)/1e6 >= seconds && (e.T >= lo || m.TL.Relative) && !Forks(e.Cmd) {
			long = append(long, e)
			total += float64(e.Micros) / 1e6
		}
	}
	return long, total
}

// Forks tells whether a command takes as long as the fork it asks for (rdb.c bgsaveCommand,
// aof.c bgrewriteaofCommand, replication.c syncCommand): that is a stall of the server.
func Forks(command string) bool {
	return command == "BGSAVE" || command == "BGREWRITEAOF" || command == "SYNC" || command == "PSYNC"
}
