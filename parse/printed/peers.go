package printed

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/printed/scan"
	"github.com/connbox/connbox/parse/record"
)

// socketWords say that counts are of sockets.
var socketWords = regexp.MustCompile(`\bnetstat\b|(?i:\bclient list\b)|\bss -|\blsof\b|\b6379\b|:redis\b|ESTAB`)

// A peerLine is a line of counts by peer.
type peerLine struct {
	name   string
	state  string
	count  int64
	single bool // a name or a number alone: it goes with the next or the one before
}

// peerOf reads "  12 10.0.0.9" (uniq -c), "10.0.0.9 12", "10.0.0.9: 12", "12 TIME_WAIT", a name alone or
// a number alone.
func peerOf(line []byte) (p peerLine, ok bool) {
	if len(line) > 300 {
		return p, false
	}
	f := strings.Fields(strings.Replace(strings.Trim(string(line), quoteMarks+"#"), " addr=", " ", 1)) // of CLIENT LIST
	if len(f) > 2 && record.BeginsRemark([]byte(f[2])) {
		f = f[:2]
	}
	switch len(f) {
	case 1:
		p.single = true
		if n, err := strconv.ParseInt(f[0], 10, 64); err == nil && n >= 0 {
			p.count = n
			return p, true
		}
		p.name = f[0]
		return p, isHost(strings.TrimSuffix(p.name, ":"))
	case 2:
		for i := range 2 {
			if n, err := strconv.ParseInt(f[i], 10, 64); err == nil && n >= 0 {
				if socketStates[f[1-i]] { // counted by state, of all peers
					return peerLine{name: record.AllPeers, state: f[1-i], count: n}, true
				}
				p.name, p.count = strings.TrimSuffix(f[1-i], ":"), n
				return p, isHost(p.name)
			}
		}
	case 3: // as AppendSockets writes it
		n, err := strconv.ParseInt(f[0], 10, 64)
		p.name, p.state, p.count = f[1], f[2], n
		return p, err == nil && n >= 0 && isHost(p.name) && socketStates[p.state]
	}
	return p, false
}

// field is a field of CLIENT LIST with its value, by which people count connections, too.
var field = regexp.MustCompile(`^(cmd|name|user|lib-name|flags|db|laddr)=\S*$`)

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)

// isHost tells an address, with or without port, masked or not, or a name with a digit,
// a dash or a dot in it: a word of prose has none of them.
func isHost(s string) bool {
	return isAddress(s) || field.MatchString(s) || len(s) < 200 && hostName.MatchString(s) && strings.ContainsAny(s, "-.") &&
		strings.IndexFunc(s, func(c rune) bool { return c >= 'a' && c <= 'z' }) >= 0
}

var maskedAddress = regexp.MustCompile(`^[0-9xX*]{1,3}(\.[0-9xX*]{1,3}){3}(:\d+)?$`)

func isAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if _, err := netip.ParseAddrPort(s); err == nil {
		return true
	}
	return maskedAddress.MatchString(s)
}

// isPeers tells counts by peer: two or more, of addresses, or of names where the text speaks
// of sockets, and little else in the text.
func isPeers(lines [][]byte) bool {
	speaks, counts, addresses, others := false, 0, 0, 0
	var before peerLine
	for _, l := range lines {
		p, ok := peerOf(l)
		switch {
		case !(ok && !p.single) && socketWords.Match(l[:min(len(l), 300)]): // a count may have the port
			speaks = true
			continue
		case !ok:
			if len(bytes.TrimSpace(l)) > 0 && !bytes.HasPrefix(l, []byte("```")) && !bytes.HasPrefix(l, []byte("#")) {
				others++
			}
			before = peerLine{}
			continue
		case !p.single, p.name == "" && before.name != "":
			counts++
			if isAddress(p.name) || isAddress(before.name) || p.state != "" && p.name == record.AllPeers {
				addresses++
			}
		}
		before = p
	}
	return isCount(lines) || areAddresses(lines) || counts > 1 && others <= counts && (speaks || addresses == counts && others == 0)
}

// areAddresses tells the addresses of connections, one a line and each as often as it holds some,
// as awk and cut leave them of CLIENT LIST or netstat.
func areAddresses(lines [][]byte) bool {
	speaks, twice := false, false
	seen, n, others := map[string]bool{}, 0, 0
	for _, l := range lines {
		switch p, ok := peerOf(l); {
		case ok && p.single && isAddress(p.name):
			host := hostOf(p.name)
			twice, seen[host] = twice || seen[host], true
			n++
		case socketWords.Match(l[:min(len(l), 300)]):
			speaks = true
		case len(bytes.TrimSpace(l)) > 0 && !bytes.HasPrefix(l, []byte("```")):
			others++
		}
	}
	return n >= 3 && (speaks && others < n || twice && others == 0)
}

// hostOf gives an address without its port.
func hostOf(s string) string {
	if host, _, ok := hostPort(s); ok && isAddress(s) && strings.Count(s, ":") == 1 {
		return host
	}
	return s
}

// isCount tells a number for each count of lines of sockets that a command makes.
func isCount(lines [][]byte) bool {
	commands, numbers, others := 0, 0, 0
	for _, l := range lines {
		p, ok := peerOf(l)
		switch asked := len(countsOf(l)); {
		case asked > 0:
			commands += asked
		case ok && p.single && p.name == "":
			numbers++
		case len(bytes.TrimSpace(l)) > 0 && !bytes.HasPrefix(l, []byte("```")):
			others++
		}
	}
	return numbers > 0 && numbers <= commands && others == 0
}

// counter is a command that prints how many lines it got, stateWord a state of TCP that sockets were
// chosen by.
var (
	counter   = regexp.MustCompile(`\bwc -l|\bgrep -c`)
	listWord  = regexp.MustCompile(`(?i)\bclient list\b`)
	chosen    = regexp.MustCompile(`\bgrep\b|\bawk\b|(?i:\blist (?:type|id)\b)`)
	stateWord = regexp.MustCompile(`(?i)\b(?:ESTAB(?:LISHED)?|(?:TIME|CLOSE|LAST|FIN)[_-](?:WAIT|ACK)[_-]?[12]?|SYN[_-]RECV)\b`)
)

// countsOf gives what each command of a shell line counts that prints one number: all sockets, those
// in a state, the lines of CLIENT LIST. Their Count is not known yet. nil for another line.
func countsOf(line []byte) []record.Peer {
	if len(line) > 300 || !socketWords.Match(line) {
		return nil
	}
	var out []record.Peer
	for pipeline := range strings.FieldsFuncSeq(string(line), func(c rune) bool { return c == '&' || c == ';' }) {
		if !counter.MatchString(pipeline) {
			continue
		}
		p := record.Peer{Name: record.AllPeers}
		states := stateWord.FindAllString(pipeline, -1)
		switch {
		case listWord.MatchString(pipeline) && !chosen.MatchString(pipeline):
			p.Name = record.Listed
		case len(states) == 1 && !strings.Contains(pipeline, " -v"):
			p.State = strings.ToUpper(states[0])
		}
		out = append(out, p)
	}
	return out
}

func readPeers(r *Result, in *scan.Text) error {
	var peers []record.Peer
	at, first, others, total := 0., int64(0), 0, int64(0)
	var counted []record.Peer // what the numbers count that the command right before prints
	var before peerLine
	alone := areAddresses(scan.Lines(in.Peek(64 << 10)))
	end := func() error {
		if len(peers) == 0 {
			return nil
		}
		p := Reply{Kind: Sockets, After: -1, Line: first, Text: record.AppendSockets(nil, peers)}
		if at > 0 {
			p.At = scan.Unix(at)
		}
		peers, first = nil, 0
		return r.add(p)
	}
	err := in.EachLine(func(n int64, line []byte) error {
		if t, ok := scan.When(strings.Trim(string(line[:min(len(line), 60)]), "=-#[] "), false); ok {
			err := end()
			at = t
			return err
		}
		p, ok := peerOf(line)
		name := p.name
		if alone && ok && p.single && isAddress(name) {
			p.single, p.count = false, 1
		}
		if p.single {
			name = before.name
			if ok && p.name == "" && name == "" && len(counted) > 0 {
				name, p.state = counted[0].Name, counted[0].State
				if err := end(); err != nil { // each count is one of its own
					return err
				}
			}
		}
		switch asked := countsOf(line); {
		case asked != nil:
			counted = asked
		case len(counted) > 0 && !record.Apart(name):
			counted = counted[1:]
		case len(bytes.TrimSpace(line)) > 0:
			counted = nil
		}
		before = p
		switch {
		case !ok:
			before = peerLine{}
			if !r.message(line) && len(bytes.TrimSpace(line)) > 0 && !bytes.HasPrefix(line, []byte("```")) && !bytes.HasPrefix(line,
				[]byte("#")) && !(bytes.HasPrefix(line, []byte("$ ")) && socketWords.Match(line)) {
				others++
			}
			return nil
		case p.single && p.name != "", name == "":
			return nil
		case len(peers) >= maxPeers:
			others++
			return nil
		}
		if first == 0 {
			first = n
		}
		name = hostOf(name)
		i := slices.IndexFunc(peers[max(0, len(peers)-256):], func(q record.Peer) bool {
			return q.Name == name &&
				q.State == p.state
		})
		if i >= 0 {
			peers[max(0, len(peers)-256)+i].Count += p.count
		} else {
			peers = append(peers, record.Peer{Name: strings.TrimSuffix(name, ":"), Count: p.count, State: p.state})
		}
		total += p.count
		return nil
	})
	if others > 0 {
		r.used("(lines that are no counts)", "", others)
	}
	r.used("sockets by peer", "sockets", int(total))
	if err != nil {
		return err
	}
	return end()
}
