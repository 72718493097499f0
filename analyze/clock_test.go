package analyze

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
)

var serverClockText = regexp.MustCompile(`(uptime_in_seconds|server_time_usec):\d+`)

// setRecorder sets the recorder's clock at the middle of a recording.
func setRecorder(by time.Duration) func([]record.Record) []record.Record {
	return clock(func(i, n int) time.Duration { return by * time.Duration(i/(n/2)) })
}

// setServer sets the server's clock there: its uptime and the ages and idle times of its
// clients are differences of that clock's times.
func setServer(by time.Duration) func([]record.Record) []record.Record {
	return func(recs []record.Record) []record.Record {
		sec, half := int64(by.Seconds()), time.Time{}
		recs = infos(func(i, n int, text string) string {
			if i < n/2 {
				return text
			}
			return serverClockText.ReplaceAllStringFunc(text, func(s string) string {
				key, v, _ := strings.Cut(s, ":")
				x, _ := strconv.ParseInt(v, 10, 64)
				if key == "server_time_usec" {
					return fmt.Sprintf("%s:%d", key, x+sec*1e6)
				}
				return fmt.Sprintf("%s:%d", key, x+sec)
			})
		})(recs)
		all := kinds(record.KindInfo)(recs)
		half = all[len(all)/2].Base().At
		for _, r := range recs {
			if l, ok := r.(*record.Slowlog); ok {
				for k := range l.Entries {
					if e := &l.Entries[k]; e.Time >= half.Unix() {
						e.Time += sec
					}
				}
			}
			l, ok := r.(*record.Clients)
			if !ok || l.At.Before(half) {
				continue
			}
			since := int64(l.At.Sub(half).Seconds())
			for k := range l.Rows {
				if c := &l.Rows[k]; c.Age > since {
					c.Age += sec
				}
				if c := &l.Rows[k]; c.Idle > since {
					c.Idle += sec
				}
			}
		}
		return recs
	}
}

// listsFirst puts each round's CLIENT LIST before its INFO.
func listsFirst(recs []record.Record) []record.Record {
	for i := 0; i+1 < len(recs); i++ {
		if recs[i].Kind() == record.KindInfo && recs[i+1].Kind() == record.KindClients {
			recs[i], recs[i+1] = recs[i+1], recs[i]
			i++
		}
	}
	return recs
}

// A clock that is set once costs no verdict, whichever clock it is, and the report says so.
func TestClockSetOnce(t *testing.T) {
	sets := []struct {
		name string
		do   func([]record.Record) []record.Record
		said string
	}{
		{"the recorder's, an hour on", setRecorder(time.Hour), "the recorder's clock was set forward by 60 min"},
		{"the recorder's, an hour back", setRecorder(-time.Hour), "the recorder's clock was set back by 60 min"},
		{"the recorder's, three days on", setRecorder(72 * time.Hour), "the recorder's clock was set forward"},
		{"the server's, an hour on", setServer(time.Hour), "the server's clock was set forward by 60 min"},
		{"the server's, half an hour back", setServer(-30 * time.Minute), "the server's clock was set back by 30 min"},
		{"both, an hour back", func(recs []record.Record) []record.Record {
			return setRecorder(-time.Hour)(setServer(-time.Hour)(recs))
		}, "the recorder's clock was set back"},
	}
	for _, name := range []string{"leak of one host", "storm after a scale-out", "oversized pools after a deploy", "a connection per request",
		"output-buffer loop of subscribers", "peers that died", "KEYS stalls the server", "pubsub fleet, idle for days", "a deploy below the limit", "pools that breathe with traffic"} {
		s := stories[slices.IndexFunc(stories, func(s story) bool { return s.name == name })]
		for _, set := range sets {
			for _, order := range []string{"INFO first", "lists first"} {
				t.Run(name+"/"+set.name+"/"+order, func(t *testing.T) {
					w := world.New(s.limit)
					if s.setup != nil {
						s.setup(w)
					}
					w.Run(s.n, s.step)
					w.Records = set.do(w.Records)
					if order == "lists first" {
						w.Records = listsFirst(w.Records)
					}
					r := report(w)
					said := string(r.Verdict.Status)
					if r.Verdict.Status == finding.Incident {
						said = r.Verdict.Cause
					}
					if said != s.want {
						t.Errorf("%s (%s), want %s", said, r.Verdict.Summary, s.want)
					}
					if !slices.ContainsFunc(r.DataQuality, func(d finding.Doubt) bool { return strings.Contains(d.What, set.said) }) {
						t.Errorf("data quality does not say %q: %+v", set.said, r.DataQuality)
					}
					checkReport(t, r)
				})
			}
		}
	}
}

// What stands before the first time of an input is not of 1970.
func TestTimesThatBeginLate(t *testing.T) {
	info := "# Server\nredis_version:7.0.0\n# Clients\nconnected_clients:%d\nmaxclients:100\n"
	text := fmt.Sprintf(info, 12) + "2026-07-25T07:01:48Z\n" + fmt.Sprintf(info, 40) + "2026-07-25T07:02:48Z\n" + fmt.Sprintf(info, 41)
	tl, err := timeline.Collect(dump.NewReader(strings.NewReader(text), "x.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if r := Run(tl, Options{}); r.Input.From.Year() != 2026 || r.Input.To.Sub(r.Input.From) > 2*time.Minute {
		t.Errorf("from %v to %v", r.Input.From, r.Input.To)
	}
}

// Samples that tell their uptime alone are dated by the first date behind them; those of another
// process are not.
func TestUptimesBeforeDates(t *testing.T) {
	info := func(run string, uptime, clients int) string {
		return fmt.Sprintf("# Server\nredis_version:7.0.0\nrun_id:%s\nuptime_in_seconds:%d\n# Clients\nconnected_clients:%d\nmaxclients:100\n", run, uptime, clients) +
			"id=7 addr=10.0.0.1:4242 fd=8 name= age=100 idle=90 flags=N db=0 cmd=get\n"
	}
	text := func(run string) string {
		var b strings.Builder
		for i := range 3 {
			b.WriteString(info(run, 1000+60*i, 12+i))
		}
		for i := 3; i < 20; i++ {
			fmt.Fprintf(&b, "2026-07-25T07:%02d:00Z\n", i)
			b.WriteString(info("bbbb", 1000+60*i, 12+i))
		}
		return b.String()
	}
	r := read(t, text("bbbb"))
	if from := r.Input.From.Format(time.DateTime); r.Input.Relative || from != "2026-07-25 07:00:00" || r.Input.Samples != 20 || r.Input.Gaps != 0 || r.Input.Interval != time.Minute {
		t.Errorf("from %s, relative %v, %d samples, %d gaps, interval %v", from, r.Input.Relative, r.Input.Samples, r.Input.Gaps, r.Input.Interval)
	}
	if r := read(t, text("aaaa")); r.Input.From.Format(time.DateTime) == "2026-07-25 07:00:00" {
		t.Error("another process is dated by this one's uptime")
	}
}
