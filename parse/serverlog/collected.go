package serverlog

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/connbox/connbox/parse/when"
)

// A collected line is an object of JSON that a collector of logs made of a server's line. Its
// members have the names that collectors use; encoding/json takes them in either case.
type collected struct {
	Log         string `json:"log"`         // docker, fluentd
	Message     string `json:"message"`     // filebeat, journald, ElastiCache
	Msg         string `json:"msg"`         // many
	TextPayload string `json:"textPayload"` // Google Cloud Logging
	AtMessage   string `json:"@message"`    // CloudWatch Logs Insights
	Line        string `json:"line"`        // Loki
	Time        string `json:"time"`

	Cluster string `json:"CacheClusterId"` // ElastiCache's engine log, whose messages have no head
	Level   string `json:"LogLevel"`
	Role    string `json:"Role"`
}

// elastiCacheLevels are the levels of ElastiCache's engine log. Source: Amazon ElastiCache, "Log
// delivery", engine log format.
var elastiCacheLevels = map[string]byte{"DEBUG": '.', "VERBOSE": '-', "NOTICE": '*', "WARNING": '#'}

// cutCollected reads the server's line in an object of JSON, wherever in it that stands.
func cutCollected(line []byte, l *Line) bool {
	i := bytes.IndexByte(line[:min(len(line), maxPrefix)], '{')
	if i < 0 || i+1 >= len(line) || line[i+1] != '"' || line[len(line)-1] != '}' {
		return false
	}
	var c collected
	_ = json.Unmarshal(line[i:], &c) // a member of another type leaves the others
	for _, text := range [...]string{c.Log, c.Message, c.Msg, c.TextPayload, c.AtMessage, c.Line} {
		text = strings.TrimRight(text, "\r\n ")
		if text == "" || text[0] == '{' {
			continue
		}
		if Cut([]byte(text), l) {
			l.Prefix = 0
			return true
		}
		if level := elastiCacheLevels[c.Level]; c.Cluster != "" && level != 0 {
			l.Level, l.Text = level, []byte(text)
			if len(c.Role) == 1 && strings.Contains("MSCX", c.Role) {
				l.Role = c.Role[0]
			}
			l.Date, _ = when.Read([]byte(c.Time), false)
			return true
		}
	}
	return false
}
