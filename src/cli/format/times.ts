import { humanDuration } from "../../api/syntax.ts";

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
