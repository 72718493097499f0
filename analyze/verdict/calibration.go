package verdict

// calibration is written by `go run ./fixtures/evaluate -calibrate analyze/verdict/calibration.go -seeds 4 -first 101`:
// how often verdicts with a score were right, on the families of fixtures/sim that are not held out.
var calibration = [...]calibrationRow{
	{"info", "incident", []knot{ // 118 verdicts
		{0.477, 0.424}, {0.531, 0.558}, {0.66, 0.753}, {0.765, 0.812}, {0.873, 0.904}, {0.978, 0.92}}, []causeShift{{"connection-leak", -0.91}, {"retry-storm", 0.67}, {"output-buffer-loop", 0.97}, {"oversized-pool", 0.28}, {"blocking-commands", 0.43}, {"slow-commands", 0.48}, {"maxclients-too-low", -0.51}, {"fd-limit", 0.35}, {"internal-connections", 0.44}, {"serverless-fanout", -0.22}, {"deploy-overlap", 0.74}, {"autoscaling-spiral", 0.43}, {"auth-failure-loop", 0.44}, {"reconnect-wave", 0.43}, {"server-stall", 0.43}, {"query-buffer-growth", 0.43}}},
	{"info", "healthy", []knot{ // 84 verdicts
		{0.695, 0.744}, {0.947, 0.868}}, []causeShift{}},
	{"info", "undetermined", []knot{ // 2 verdicts
		{0, 0.02}}, []causeShift{}},
	{"rows", "incident", []knot{ // 61 verdicts
		{0.532, 0.626}, {0.979, 0.99}}, []causeShift{{"connection-leak", 1.42}, {"output-buffer-loop", 0.92}, {"blocking-commands", 0.41}, {"internal-connections", 0.7}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.23}, {"idle-cut", 0.32}, {"query-buffer-growth", 0.41}}},
	{"rows", "undetermined", []knot{ // 143 verdicts
		{0, 0.02}, {0.401, 0.321}}, []causeShift{}},
	{"address", "incident", []knot{ // 134 verdicts
		{0.556, 0.621}, {0.699, 0.677}, {0.878, 0.93}, {0.98, 0.989}}, []causeShift{{"connection-leak", -0.23}, {"retry-storm", 0.63}, {"output-buffer-loop", 0.92}, {"oversized-pool", 0.73}, {"connection-churn", 0.77}, {"app-pool-exhaustion", 0.41}, {"blocking-commands", 0.41}, {"slow-commands", 0.7}, {"maxclients-too-low", -0.67}, {"fd-limit", 0.43}, {"internal-connections", 0.7}, {"serverless-fanout", -0.37}, {"zombie-connections", -0.85}, {"deploy-overlap", 0.72}, {"autoscaling-spiral", 0.41}, {"auth-failure-loop", 0.42}, {"idle-cut", -0.13}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}, {"query-buffer-growth", 0.41}}},
	{"address", "healthy", []knot{ // 69 verdicts
		{0.697, 0.62}, {0.855, 0.927}, {0.97, 0.99}}, []causeShift{}},
	{"address", "undetermined", []knot{ // 1 verdicts
		{0, 0.02}}, []causeShift{}},
	{"list", "incident", []knot{ // 122 verdicts
		{0.5, 0.556}, {0.721, 0.732}, {0.886, 0.956}, {0.98, 0.99}}, []causeShift{{"connection-leak", 1.41}, {"retry-storm", 0.7}, {"output-buffer-loop", 0.92}, {"oversized-pool", 0.7}, {"connection-churn", 0.76}, {"blocking-commands", 0.41}, {"slow-commands", 0.41}, {"maxclients-too-low", -1.5}, {"fd-limit", 0.33}, {"internal-connections", 0.7}, {"serverless-fanout", -0.77}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.71}, {"autoscaling-spiral", 0.41}, {"auth-failure-loop", 0.42}, {"idle-cut", 0.32}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}, {"query-buffer-growth", 0.41}}},
	{"list", "healthy", []knot{ // 80 verdicts
		{0.599, 0.48}, {0.7, 0.763}, {0.855, 0.927}, {0.97, 0.928}}, []causeShift{}},
	{"list", "undetermined", []knot{ // 2 verdicts
		{0, 0.02}}, []causeShift{}},
	{"full", "incident", []knot{ // 528 verdicts
		{0.5, 0.543}, {0.712, 0.75}, {0.884, 0.951}, {0.98, 0.99}}, []causeShift{{"connection-leak", 1.41}, {"retry-storm", -0.72}, {"output-buffer-loop", 0.92}, {"oversized-pool", 0.7}, {"connection-churn", 0.76}, {"app-pool-exhaustion", 0.32}, {"blocking-commands", 0.41}, {"slow-commands", 0.7}, {"maxclients-too-low", 0.41}, {"fd-limit", 0.42}, {"internal-connections", 0.7}, {"serverless-fanout", -0.87}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.71}, {"autoscaling-spiral", 0.39}, {"auth-failure-loop", 0.42}, {"idle-cut", 0.44}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}, {"query-buffer-growth", 0.41}}},
	{"full", "healthy", []knot{ // 284 verdicts
		{0.854, 0.927}, {0.97, 0.983}}, []causeShift{}},
	{"full", "undetermined", []knot{ // 4 verdicts
		{0, 0.02}}, []causeShift{}},
}
