/** Signals that are passed on to the process. SIGWINCH is a resize, SIGCHLD and SIGURG are the runtime's own. */
const forwarded: readonly NodeJS.Signals[] = [
	"SIGHUP",
	"SIGINT",
	"SIGQUIT",
	"SIGABRT",
	"SIGUSR1",
	"SIGUSR2",
	"SIGALRM",
	"SIGTERM",
	"SIGCONT",
	"SIGTSTP",
	"SIGTTIN",
	"SIGTTOU",
	"SIGVTALRM",
	"SIGIO",
];

/**
 * Passes signals on instead of acting on them, in the order in which they come, until disposed. A signal that cannot
 * be delivered (the process has just ended) is forgotten.
 */
export function forwardSignals(send: (signal: string) => Promise<unknown>): Disposable {
	let last: Promise<unknown> = Promise.resolve();
	const listeners = forwarded.map((signal) => {
		const listener = () => {
			last = last.then(() => send(signal)).catch(() => undefined);
		};
		process.on(signal, listener);
		return [signal, listener] as const;
	});
	return {
		[Symbol.dispose]() {
			for (const [signal, listener] of listeners) process.off(signal, listener);
		},
	};
}
