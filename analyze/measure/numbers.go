package measure

// The numbers that measuring compares with, each with its unit and the reason for it. A number
// by which a cause is decided stands in a row of that cause; these part what is measured from
// noise, or bound the cost.

// How much is measured.
const (
	// entities of an app, from which on it keeps its sums whatever there is of other apps: adding up thousands
	// of hosts at each question costs more than the replay
	ManyEntities = 16
	// samples times apps: the sums that smaller apps keep, 36 MB; a crowd of apps is added up anew each time
	maxSmallSums = 500_000
	mostFits     = 64   // subjects of a recording that are fitted, at some milliseconds each
	fullestHosts = 0.95 // of all connections: hosts are listed, the fullest first, until they hold so many
	fewSamples   = 5    // samples: the ends of a course are medians, which fewer do not give
)

// Whose connections they are.
const (
	// of a host's named connections: above it the unnamed ones are taken to belong to that name too
	dominant = 0.8
	// names of one or two connections at a host, at least, that are taken for names of connections: no host
	// runs so many pools of one
	manyNames   = 8
	singleLeast = 4 // of singleOf names of such a host have one or two connections
	singleOf    = 5 // names; see singleLeast
	// addresses that may be gateways (nodes, proxies) with many instances behind each; where there are more,
	// each is taken for an instance
	fewAddresses = 5
)

// The limit, told and contradicted.
const (
	farBelow     = 0.8 // of the told limit: refusals at a height of that or less are not its
	overLeast    = 3   // samples with more connections than the told limit, and new ones accepted
	overAccepted = 10  // connections accepted above the told limit, in all: fewer may be the recorder and its like
	// of that height: the usual occupancy before the first refusal, from which it is a step up to the limit
	stepUp = 0.87
	// of the limit: what is counted above it within a moment, as lists and INFO are not of the same one
	overPart  = 0.02
	overSlots = 2 // connections: the same of a small limit
	// samples, within which a second one at the limit makes a stay of it: one alone may be a burst between two
	// lists
	stayWithin = 4
	fewProbes  = 20   // samples for each refused probe, more than which make the probes moments
	lowerLimit = 0.99 // of the limit at the peak: below it another limit was set
	fewLower   = 10   // samples for each with a lower limit, more than which make that a mistake, put right
)

// The arithmetic of adjustOpenFilesLimit, backwards.
const (
	ReservedFDs = 32      // descriptors that the server keeps for itself
	StepFDs     = 16      // descriptors by which it lowers what it asks for
	RoundSure   = 0.75    // how sure a round limit is; see the parameter "round" of fd-limit
	fewestFDs   = 256     // descriptors: no system has a lower usual limit
	mostFDs     = 1 << 20 // descriptors: nor a higher one (fs.nr_open of Linux)
	chosenFDs   = 50      // clients: a multiple of it was set by someone
	decimal     = 10      // base of the numbers that people set
)

// Use and rest.
const (
	Noticed = 0.25 // s: how long a command runs that clients notice
	// lists in which none of a host's connections was used or opened where it counts as silent: a working host
	// is used in nearly every list
	SilentLists = 8
	// times StaleAfter: in a shorter recording a connection has not had the time to be idle for long
	restLong = 3
	idleLong = 6 // times StaleAfter: the same of a rise, of which the last to come must have had it too
	// of the resting connections idle for long: a pool that lends the last one first leaves so many for good
	turnNone = 0.3
	turnFull = 0.15 // of the same: it lends in turn
	busyNone = 0.3  // commands a second and connection: one every few seconds is work
	busyFull = 0.12 // of the same: it is none
	restNone = 0.3  // of the connections at rest: so many rest in a working pool, too
)

// A rise: when it began, its paces and its jumps.
const (
	// connections, or of a probability: what is nearer to the one level than to the next, and as likely as not
	half      = 0.5
	thirds    = 3   // parts of a rise, of which the last is held against an even one
	surgePace = 5   // of the mean pace of the rises, this part makes a phase a surge
	pausePart = 10  // of the time, this part without a rise is a pause between surges
	jumpsMost = 0.3 // of the gain: where jumps are more, the rise is steps and no surges
	// connections: smaller jumps are any pool's breathing, or what a stream brings between two samples
	leastJump = 8
	// connections: below it, a stream looks like equal jumps; the counts of a Poisson stream of 8 lie within
	// one of it four times in ten, those of one of 16 twice
	clearJump = 16
	// of the samples with a jump: instances come now and then, a rise in nearly every sample is a stream
	streamPart = 0.7
	gentlePart = 0.5  // of the rise that INFO shows as jumps: with less, it came evenly
	atOnce     = 3    // instances that come between two samples: more fit a jump of any size
	evenJump   = 0.06 // of an instance's size: jumps that differ by more are not equal
	changed    = 1.15 // times: with a smaller change of connections no elasticity is known
)

// One step of all connections.
const (
	stepLists      = 16   // lists, at least: two levels need both a median and a spread
	stepGain       = 10   // connections, at least: less is any pool's breathing
	stepSlack      = 0.15 // of the gain: a value so near to a level is of it
	stepKeptNone   = 0.3  // of the gain still there at the end: it went again
	stepKeptFull   = 0.6  // of the same: it stayed
	stepTookNone   = 0.25 // of the lists: a slow rise is no step
	stepTookFull   = 0.1  // of the same: short against the recording
	stepWanderNone = 0.9  // of the gain: the levels wander by as much as the step
	stepWanderFull = 0.5  // of the same: the step is most of the difference
	stepCameNone   = 2    // accepted for each that stayed: an exchange, where as many close
	stepCameFull   = 1.4  // of the same: hardly anything closed
	stepHighNone   = 0.12 // of the level before: within its noise
	stepHighFull   = 0.25 // of the same: a step
	dipBelow       = 0.85 // of the lowest rate of commands before: what noise reached is no dip
)

// Recurring waves. They only part candidates from the noise; what counts are the quantities of Waves.
const (
	usualTimes  = 4.0 // times the usual births, which a sample of a wave has at least
	leastBirths = 4.0 // births, which it has at least: what pools open and close by themselves is less
	leastPart   = 0.1 // of the subject's most connections
	longestRun  = 4   // samples: what takes longer is no wave
	refilledBy  = 0.7 // of a wave: as many went meanwhile, so that it replaced them
)
