package cli

import "regexp"

// insides are what Go's library says of how it failed, which tells people nothing that the message
// does not say already: the system call, the parser, the addresses of both ends.
var insides = [...]struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\bdial (?:tcp|udp|unix)[46]? ?\S*: `), ""},
	{regexp.MustCompile(`\blookup (\S+) on \S+: `), ""},
	{regexp.MustCompile(`\blookup (\S+): `), ""},
	{regexp.MustCompile(`\b(?:read|write) (?:tcp|unix)[46]? \S+->\S+: `), ""},
	{regexp.MustCompile(`\b(?:open|stat|lstat|mkdir|rename|remove|unlinkat) (\S+): `), "$1: "},
	{regexp.MustCompile(`\b(?:connect|accept|getsockopt|fsync|openat): `), ""},
	{regexp.MustCompile(`\bstrconv\.\w+: parsing `), ""},
	{regexp.MustCompile(`\b(?:zip|gzip|zstd|flate|json|parquet|x509): `), ""},
	{regexp.MustCompile(`\bunexpected EOF\b`), "it ends too early"},
}

// plainWords takes Go's insides out of an error.
func plainWords(msg string) string {
	for _, in := range insides {
		msg = in.from.ReplaceAllString(msg, in.to)
	}
	return msg
}

// Fault tells an error on standard error.
func (a *App) Fault(err error) {
	if msg := err.Error(); msg != "" {
		a.Say("%s", plainWords(msg))
	}
}
