// Connbox is a black box for Redis connections: a recorder that runs beside a Redis, Valkey
// or KeyDB server, and an investigator that opens a recording later, with no server at hand,
// and says what happened to the connections, who did it, what that rests on, and what to do.
//
//	connbox capture               records a live server into a bundle
//	connbox import FILE...        turns what redis-cli printed into a bundle
//	connbox analyze INPUT         the verdict, on the terminal or as JSON
//	connbox report INPUT          the postmortem, as a page and as Markdown
//	connbox diff BEFORE AFTER     what changed between two recordings, did a fix work
//	connbox check PATH...         holds recorded incidents against expectations
//	connbox minimize INPUT        the smallest recording that keeps the verdict
//	connbox record-test -- COMMAND  a recording around a test, held to budgets
//	connbox explain [CAUSE]       the rule behind a cause
//	connbox inspect INPUT         what is in a recording, and whether it is whole
//	connbox export INPUT          the original text back, or rows as CSV or JSON lines;
//	                              with --at PLACE what stands where evidence points
//	connbox completion SHELL, man, version, help [COMMAND]
//
// Every command tells its flags and examples with --help; connbox man prints all of it as a
// manual page.
//
// # Input
//
// An INPUT is a bundle (*.connbox), the folder of a recording that still runs or was broken
// off, what an operator's loop of redis-cli printed (plain, gzip or zstd), a folder of such
// files, or - for standard input. What it is, is told from its content and never from its
// name. Where an input breaks off or a part of it is damaged, what can be read is used, the
// result says so, and the exit status is 3.
//
// # Output
//
// Results go to standard output, all else to standard error. Where -o FORMAT[:FILE] names
// files, they are written whole or not at all; a file that cannot be written is an error of
// the command line (status 2). Colors (--color, NO_COLOR) and characters beyond ASCII
// (--ascii, or a locale without UTF-8) are for people; the formats for programs have
// neither. The same input, version and flags give the same bytes.
//
// # Exit status
//
// The numbers are frozen.
//
//	  0  done
//	  1  a finding at or above --fail-on, or an expectation not met
//	  2  wrong flags, configuration or expectation file, or an output that cannot be written
//	  3  input unreadable, corrupt, or of a newer format
//	  4  not enough data to say (with --fail-on or check)
//	  5  capture could not connect or was refused
//	 70  internal error
//	130  interrupted
//
// Where several apply, the first of 70, 2, 3, 1, 4 is given. Without --fail-on, analyze is a
// viewer and exits with 0 whatever it finds.
//
// # Secrets
//
// Passwords are taken from --pass-file, --askpass or REDISCLI_AUTH; --pass works, with a
// warning, for others can see it. A bundle holds no passwords: of CONFIG only parameters on
// an allow-list are kept, and capture keeps no arguments of slow commands. An imported dump's
// SLOWLOG is kept without arguments, unless --keep-slowlog-args is given. Bundles hold addresses and names of clients.
//
// # Limitations
//
// A recording is of one server; a cluster needs one each. Between two CLIENT LISTs nothing is
// seen of a connection that came and went, but the counters of INFO are exact.
package main
