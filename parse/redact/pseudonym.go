package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"hash"
	"net/netip"
	"strings"
	"unicode"
)

// pseudonyms maps words and addresses by a key, and remembers what it gave.
type pseudonyms struct {
	mac   hash.Hash
	known map[string]string // kind of word and word
}

func newPseudonyms(key []byte) pseudonyms {
	return pseudonyms{mac: hmac.New(sha256.New, key), known: map[string]string{}}
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

// name replaces a name word by word: what stands between the words stays, so that the
// instances of an application are told as such afterwards. Digits become as many digits.
func (r *Redactor) name(kind, s string) string {
	if ownWords[s] {
		return s
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
		sum := r.sum("word", w)
		if strings.Trim(w, "0123456789") == "" {
			for i := range min(len(w), len(sum)) {
				b.WriteByte('0' + sum[i]%10)
			}
			return
		}
		b.WriteString("n" + letters.EncodeToString(sum[:5]))
	}
	for _, c := range s {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			word.WriteRune(c)
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

// host replaces an address bit by bit, each as the key and the bits before it say: two
// addresses share as many bits afterwards as before. Loopback and no address stay.
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
		out := make([]byte, len(raw))
		for bit := range 8 * len(raw) {
			prefix := append([]byte{byte(bit)}, raw[:bit/8]...)
			if bit%8 > 0 {
				prefix = append(prefix, raw[bit/8]>>(8-bit%8))
			}
			flip := r.sum("bit", string(prefix))[0] & 1
			out[bit/8] |= (raw[bit/8]>>(7-bit%8)&1 ^ flip) << (7 - bit%8)
		}
		n, _ := netip.AddrFromSlice(out)
		to = n.String()
	}
	r.known["h "+s] = to
	r.note("address", s, to)
	return to
}
