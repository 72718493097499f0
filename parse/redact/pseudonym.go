package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"hash"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pseudonyms maps words and addresses by a key, or numbers them, and remembers what it gave.
type pseudonyms struct {
	mac   hash.Hash         // nil: numbered in the order of appearance
	known map[string]string // kind of word and word
	count map[string]int    // of the numbered, by kind
}

func newPseudonyms(key []byte) pseudonyms {
	return pseudonyms{mac: hmac.New(sha256.New, key), known: map[string]string{}}
}

// Numbered makes a Redactor that numbers what it replaces, in the order of appearance: short, the
// same for the same recording, and nothing to guess at, as no pseudonym follows from its word.
// Two recordings have nothing in common then.
func Numbered(level Level) *Redactor {
	return &Redactor{level: level, pseudonyms: pseudonyms{known: map[string]string{}, count: map[string]int{}}, found: map[string]*Found{}, keep: fewExamples}
}

// number gives what was first seen of a kind the next number, from 0.
func (p *pseudonyms) number(kind, s string) int {
	key := kind + "\x00" + s
	if n, ok := p.count["= "+key]; ok {
		return n
	}
	n := p.count["# "+kind]
	p.count["# "+kind]++
	p.count["= "+key] = n
	return n
}

// word replaces one word, which is letters or digits alone.
func (p *pseudonyms) word(w string) string {
	digits := strings.Trim(w, "0123456789") == ""
	if p.mac == nil {
		if digits { // there are no more different ones than such digits have room for
			return fmt.Sprintf("%0*d", len(w), p.number(fmt.Sprintf("digits %d", len(w)), w))
		}
		return "n" + strconv.Itoa(p.number("word", w))
	}
	sum := p.sum("word", w)
	if !digits {
		return "n" + letters.EncodeToString(sum[:5])
	}
	out := []byte(w)
	for i := range min(len(w), len(sum)) {
		out[i] = '0' + sum[i]%10
	}
	return string(out[:min(len(w), len(sum))])
}

// octets replaces an address byte by byte: addresses share as many leading bytes as before.
func (p *pseudonyms) octets(raw []byte) []byte {
	out := make([]byte, len(raw))
	for i, b := range raw {
		n := p.number("octet "+string(raw[:i]), string([]byte{b}))
		if i == 0 {
			n = (n + 10) % 126 // no loopback, and no address of none; of more networks than that, some fall together
		}
		out[i] = byte(n)
	}
	return out
}

// bits replaces an address bit by bit, each as the key and the bits before it say: two addresses
// share as many bits afterwards as before.
func (p *pseudonyms) bits(raw []byte) []byte {
	out := make([]byte, len(raw))
	for bit := range 8 * len(raw) {
		prefix := append([]byte{byte(bit)}, raw[:bit/8]...)
		if bit%8 > 0 {
			prefix = append(prefix, raw[bit/8]>>(8-bit%8))
		}
		flip := p.sum("bit", string(prefix))[0] & 1
		out[bit/8] |= (raw[bit/8]>>(7-bit%8)&1 ^ flip) << (7 - bit%8)
	}
	return out
}

// Of gives the pseudonyms of a client's host and name.
func (r *Redactor) Of(host, name string) (string, string) {
	if r.addresses() && host != "" && host != "unix" && host != "?" {
		host = r.host(host)
	}
	if r.names() {
		name = r.name("client name", name)
	}
	return host, name
}

func (p *pseudonyms) sum(kind, s string) []byte {
	p.mac.Reset()
	p.mac.Write([]byte(kind))
	p.mac.Write([]byte{0})
	p.mac.Write([]byte(s))
	return p.mac.Sum(nil)
}

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ownWords name nobody: the default user, and the recorder itself.
var ownWords = map[string]bool{"": true, "default": true, "connbox": true}

// sentinelWord begins the names that Sentinels give themselves: what they are stays, who goes.
const sentinelWord = "sentinel-"

// name replaces a name word by word: what stands between the words stays, so that the
// instances of an application are told as such afterwards. Digits become as many digits.
func (r *Redactor) name(kind, s string) string {
	if ownWords[s] {
		return s
	}
	if rest, ok := strings.CutPrefix(s, sentinelWord); ok && rest != "" {
		return sentinelWord + r.name(kind, rest)
	}
	if to, ok := r.known["n "+s]; ok {
		return to
	}
	var b, word strings.Builder
	flush := func() {
		w := word.String()
		word.Reset()
		if w == "" {
			return
		}
		b.WriteString(r.word(w))
	}
	for i, c := range s {
		// Bytes that are no text, signs and marks tell names apart as letters do.
		if unicode.IsLetter(c) || unicode.IsDigit(c) || c >= 0x80 && !unicode.IsPunct(c) && !unicode.IsSpace(c) {
			_, n := utf8.DecodeRuneInString(s[i:])
			word.WriteString(s[i : i+n])
			continue
		}
		flush()
		if c < 0x80 && unicode.IsPrint(c) { // nothing hides in what is no word
			b.WriteRune(c)
		}
	}
	flush()
	to := b.String()
	if r.known["n "+s] = to; kind != "" {
		r.note(kind, s, to)
	}
	return to
}

// host replaces an address. Loopback and no address stay.
func (r *Redactor) host(s string) string {
	if to, ok := r.known["h "+s]; ok {
		return to
	}
	a, err := netip.ParseAddr(s)
	var to string
	switch {
	case err != nil:
		to = r.name("", s) // a host's name
	case s == "127.0.0.1" || s == "::1" || a.IsUnspecified():
		to = s
	default:
		raw := a.Unmap().AsSlice()
		var out []byte
		if r.mac == nil {
			out = r.octets(raw)
		} else {
			out = r.bits(raw)
		}
		n, _ := netip.AddrFromSlice(out)
		to = n.String()
	}
	r.known["h "+s] = to
	r.note("address", s, to)
	return to
}
