package record

import "testing"

func TestClassifyFailure(t *testing.T) {
	tests := []struct {
		text string
		want FailureClass // empty: no failure
	}{
		{"ERR max number of clients reached", FailMaxClients},
		{"-ERR max number of clients + cluster connections reached\r", FailMaxClients},
		{"(error) ERR max number of clients reached", FailMaxClients},
		{"Error: ERR max number of clients reached", FailMaxClients},
		{"AUTH failed: ERR max number of clients reached", FailMaxClients},
		{"max number of clients reached", FailMaxClients},
		{"DENIED Redis is running in protected mode because protected mode is enabled", FailProtected},
		{"(error) DENIED Running in protected mode", FailProtected},
		{"NOAUTH Authentication required.", FailAuth},
		{"NOAUTH HELLO must be called with the client already authenticated", FailAuth},
		{"WRONGPASS invalid username-password pair or user is disabled.", FailAuth},
		{"ERR invalid password", FailAuth},
		{"AUTH failed: WRONGPASS invalid username-password pair", FailAuth},
		{"Warning: AUTH failed", FailAuth},
		{"NOPERM this user has no permissions to run the 'client|list' command", FailPerm},
		{"ERR unknown command 'CLIENT', with args beginning with: 'LIST' ", FailPerm},
		{"(error) ERR unknown command `CLIENT`", FailPerm},
		{`error:"ERR unknown command 'COMMANDLOG'"`, FailPerm},
		{`ERROR,"ERR unknown command 'COMMANDLOG'"`, FailPerm},
		{"LOADING Redis is loading the dataset in memory", FailLoading},
		{"MASTERDOWN Link with MASTER is down and slave-serve-stale-data is set to 'no'.", FailLoading},
		{"BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", FailBusy},
		{"Could not connect to Redis at 127.0.0.1:6379: Connection refused", FailRefused},
		{"Could not connect to Valkey at /run/v.sock: No such file or directory", FailRefused},
		{"Could not connect to Redis at 10.0.0.1:6379: Connection timed out", FailTimeout},
		{"Could not connect to Redis at redis:6379: Name or service not known", FailOther},
		{"Could not connect to Redis at 127.0.0.1:6379: SSL_connect failed: wrong version number", FailTLS},
		{"Error: Server closed the connection", FailReset},
		{"Error: Connection reset by peer", FailReset},
		{"Error: EOF", FailReset},
		{"(error) I/O error", FailReset},
		{"Error: Resource temporarily unavailable", FailTimeout},
		{"Error: something new", FailOther},
		{"(error) SOMETHING new", FailOther},
		{"CLUSTERDOWN Hash slot not served", FailOther},
		{"ERR syntax error", FailOther},
		{"", ""},
		{"EOF", ""},
		{"ERRATIC behaviour", ""},
		{"# Errorstats", ""},
		{"errorstat_ERR:count=22", ""},
		{"id=3 addr=1.2.3.4:5 name=ERR", ""},
		{"maxclients:100", ""},
		{"-1", ""},
	}
	for _, test := range tests {
		got, ok := ClassifyFailure(test.text)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%q: got %q, %v; want %q", test.text, got, ok, test.want)
		}
		if ok && !MayBeFailure([]byte(test.text)) {
			t.Errorf("%q: mayBeFailure leaves it out", test.text)
		}
	}
}
