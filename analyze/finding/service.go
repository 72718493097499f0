package finding

import (
	"net/netip"
	"regexp"
	"strings"
)

// Service is the key by which connections of one service are told, on one server and across
// servers: the client name without what is the instance's own; of unnamed connections their
// network (/16, /48) with user and library where they tell more. It is made of strangers' words.
func (s Source) Service() string {
	if s.Name != "" {
		return ServiceOfName(s.Name)
	}
	if s.Host == "" && s.User == "" && s.Lib == "" {
		return "all clients"
	}
	label := s.Host
	if ip, err := netip.ParseAddr(s.Host); err == nil {
		// Wide enough for the pods of one service, which lie on many nodes with a /24
		// each; user and library tell services of one network apart.
		bits := 16
		if ip.Is6() {
			bits = 48
		}
		if p, err := ip.Prefix(bits); err == nil {
			label = p.String()
		}
	}
	if s.User != "" && s.User != "default" {
		label += " user=" + s.User
	}
	if s.Lib != "" {
		label += " lib=" + s.Lib
	}
	return strings.TrimSpace(label)
}

// ownPart is what an instance adds to the name of its service: the pod's hash or ordinal,
// a process id, an address.
var ownPart = regexp.MustCompile(`[-_.:@/#]([0-9a-f]*[0-9][0-9a-f]*|[a-z0-9]{5}|[0-9.]+(:[0-9]+)?)$`)

// ServiceOfName is a client name without what is the instance's own. Pods have two such parts,
// the replica set's hash and their own. A name that is all of that kind stays whole.
func ServiceOfName(name string) string {
	t := name
	for range 3 {
		at := ownPart.FindStringIndex(t)
		if at == nil || at[0] == 0 {
			break
		}
		// Five letters are a word unless they look like none: "api-store" is a name.
		if tail := t[at[0]+1:]; !strings.ContainsAny(tail, "0123456789") && strings.ContainsAny(tail, "aeiou") {
			break
		}
		t = t[:at[0]]
	}
	return t
}
