/** A time span as Docker prints it (go-units HumanDuration): `About a minute`, `3 hours`, `2 weeks`. */
export function humanDuration(seconds: number): string {
	const whole = Math.trunc(seconds);
	if (whole < 1) return "Less than a second";
	if (whole === 1) return "1 second";
	if (whole < 60) return `${whole} seconds`;
	const minutes = Math.trunc(seconds / 60);
	if (minutes === 1) return "About a minute";
	if (minutes < 60) return `${minutes} minutes`;
	const hours = Math.round(seconds / 3600);
	if (hours === 1) return "About an hour";
	if (hours < 48) return `${hours} hours`;
	if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
	if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
	if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
	return `${Math.trunc(seconds / 3600 / 24 / 365)} years`;
}

/** `3 hours ago`; empty for a time that is not known. */
export function timeAgo(unixSeconds: number | undefined): string {
	if (unixSeconds === undefined || unixSeconds <= 0) return "";
	return `${humanDuration(Date.now() / 1000 - unixSeconds)} ago`;
}

/** `2026-11-24 05:43:00 +0000 UTC`: local time, as Go prints a time. */
export function localTime(unixSeconds: number): string {
	const date = new Date(unixSeconds * 1000);
	const two = (value: number) => String(value).padStart(2, "0");
	const offset = -date.getTimezoneOffset();
	const sign = offset < 0 ? "-" : "+";
	const zone = `${sign}${two(Math.trunc(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
	const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
	const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
	return `${day} ${time} ${zone} ${zoneName(date, offset)}`;
}

function zoneName(date: Date, offset: number): string {
	if (offset === 0) return "UTC";
	const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(date);
	return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}
