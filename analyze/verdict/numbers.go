package verdict

// The numbers of the verdict, apart from any one cause, each with its unit and the reason for it.

// How much must have been seen.
const (
	minRounds      = 6    // sampling rounds, under which nothing can be said
	minSpan        = 20.0 // s, under which a course cannot be told from a moment
	FullRounds     = 30.0 // rounds at which the amount of data no longer lowers the confidence
	mostUnobserved = 0.2  // of the time without a reply: from it on, what was seen does not speak for all of it
	// sampling intervals beyond the usual distance, that make a hole: counters and lists show afterwards what
	// fewer hide
	silentIntervals = 4
	returning       = 3  // lists of a new process, by when everyone is back
	mostWatched     = 64 // applications that are looked at for waves: those with the most connections at any time
)

// Healthy or not.
const (
	HealthyUsed = 0.9 // of the limit: above it a recording without a cause is not called healthy
	quietRounds = 10  // samples without a refusal, after which a burst is over
	burstPart   = 4   // of the limit, this part refused is more than a moment's burst
	mostly      = 0.5 // of the whole: more than all the rest together
	holderPart  = 0.1 // of the connections: an application that rose by less did not fill the server
)

// How sure a verdict is.
const (
	leastSure     = 0.02 // probability: what no number of simulated recordings can rule out
	mostSure      = 0.99 // probability: the same at the other end
	WeakSignScore = 0.3  // score, from which a cause is a rival worth naming
	plainRoot     = 0.9  // score, from which a root's signs add no more confidence
	// how far a cause is believed where countsOnly: 3 in 5 of those that simulated exports of CloudWatch point
	// to are right (fixtures/evaluate -exports)
	mostOfCounts = 0.6
	muchStronger = 0.25 // score, by which a cause must surpass another not to be explained by it
)

// One cause that leads to another.
const (
	orderSure = 0.9  // probability that the one began before the other, from which the order counts
	orderOnce = 0.1  // the same where both may show between the same two samples
	doseLeast = 0.05 // of the limit: fewer slots are no dose, whatever followed
)

// A storm that outlives its trigger.
const (
	outliveSamples = 5 // samples with refusals after the trigger; fewer are its echo
	// attempts against before, above which retries are what keeps it up (Huang et al., OSDI 2022)
	outliveTimes  = 2.0
	burstTimes    = 1.5 // commands against before: a burst of demand
	burstBack     = 0.5 // of the burst's excess, which must be gone after it
	burstSamples  = 2   // samples, which a burst must last
	restartBefore = 2   // samples between a restart and the storm that it set off
	restartAfter  = 4   // samples by which the restart may show later than the first refusal
	freedPart     = 0.1 // of the slots that a cause had filled: with no more left, it is over
)

// A recording that does not agree with itself.
const (
	again = 3 // times: once and twice happen to any recording
	// of the samples: clocks, other processes and counters that fall without a restart leave nothing to trust
	tenth       = 10
	oftenTenths = 3 // tenths of the samples: restarts happen, so that more of them are needed
	fifth       = 5 // of the lists: one torn here and there is passed over
	// of the samples with both: where list and INFO disagree in more, one of them is not this server's
	third    = 3
	fewApart = 5 // connections by which a small list and INFO's count differ, as they are not of the same moment
)

// An incident that is named.
const (
	evenChance = 0.5 // confidence, 0 to 1: below it a name would be wrong more often than right
)
