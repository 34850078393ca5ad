/** Microseconds of user and system time that this process has used: other processes do not count. */
export function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
