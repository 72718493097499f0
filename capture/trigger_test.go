package capture

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

func TestParseTrigger(t *testing.T) {
	for text, want := range map[string]string{
		"clients>90%": "", "clients > 4500": "", "refused>0": "", "outbuf>64mb": "", "outbuf>1.5GB": "", "outbuf>100": "",
		"latency>100ms": "", "memory>95%": "", "blocked<1": "",
		"clients": "no condition", "": "no condition", "clients>": "want a number", "clients>-1": "not negative", "clients>nan": "want a number",
		"wat>1": "only clients, refused", "refused>5%": "needs a limit", "latency>3": "want a time", "outbuf>1tb": "want a number",
		"memory>150%": "", "clients<100%": "", "clients>200%": "never met", "clients>100%": "never met", "blocked>101%": "never met", "clients<0": "never met",
		"clients<101%": "always met", "latency>-1s": "want a time", "clients>1e999": "want a number",
	} {
		_, err := ParseTrigger(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %q", text, err, want)
		}
	}
}

func TestAlarm(t *testing.T) {
	var a alarm
	for _, text := range []string{"clients>90%", "refused>0", "outbuf>64mb", "latency>100ms", "memory>50%"} {
		trigger, err := ParseTrigger(text)
		if err != nil {
			t.Fatal(err)
		}
		a.triggers = append(a.triggers, trigger)
	}
	now := time.Unix(1000, 0)
	for i, step := range []struct {
		after          time.Duration
		run            string
		clients, limit int
		refused        int
		outbuf         int
		took           time.Duration
		want           string
	}{
		{0, "a", 90, 100, 5, 0, time.Millisecond, ""}, // a share of 90 % is not more; 5 refused before anybody looked
		{time.Second, "a", 91, 100, 5, 0, time.Millisecond, "clients>90% (91.0 %)"},
		{time.Second, "a", 95, 100, 7, 0, time.Millisecond, "refused>0 (2)"}, // clients were said just now
		{time.Second, "b", 95, 100, 9, 0, time.Millisecond, ""},              // another process counts anew
		{2 * time.Minute, "b", 5, 0, 9, 65 << 20, 200 * time.Millisecond, "outbuf>64mb (65.0 mb)|latency>100ms (200ms)"},
	} {
		now = now.Add(step.after)
		var info record.Info
		info.Reset(fmt.Appendf(nil, "run_id:%s\r\nconnected_clients:%d\r\nmaxclients:%d\r\nrejected_connections:%d\r\nclient_recent_max_output_buffer:%d\r\nused_memory:9\r\nmaxmemory:0\r\n",
			step.run, step.clients, step.limit, step.refused, step.outbuf))
		info.Took = step.took
		if got := strings.Join(a.look(&info, now), "|"); got != step.want {
			t.Errorf("step %d: %q, not %q", i, got, step.want)
		}
	}
}

// TestAlarmBelowTheReserve: slots that are kept for priority sources are not there for others.
func TestAlarmBelowTheReserve(t *testing.T) {
	trigger, err := ParseTrigger("clients>90%")
	if err != nil {
		t.Fatal(err)
	}
	a := alarm{triggers: []Trigger{trigger}, reserved: 20}
	var info record.Info
	info.Reset([]byte("connected_clients:75\r\nmaxclients:100\r\n"))
	if got := strings.Join(a.look(&info, time.Unix(1000, 0)), "|"); got != "clients>90% (93.8 %)" {
		t.Error(got)
	}
}

func TestSignalsArePrinted(t *testing.T) {
	for _, s := range signals {
		for _, key := range []string{s.key, s.limit} {
			if _, known := record.IsKey([]byte(key)); key != "" && !known {
				t.Errorf("%s looks at %q, which no INFO prints", s.name, key)
			}
		}
	}
}
