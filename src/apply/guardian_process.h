/* The guardian's own life, after it was forked (apply/guardian.h).
 *
 * It waits for its run's word, for the deadline, and for signals:
 *   SIGUSR1  something was decided: it looks, and ends when nothing of its is pending any more
 *   SIGTERM  it ends; the change stays pending, and the next netwright finds the deadline passed
 * Signals of terminals are ignored. When recovery fails (a full disk, a lock that is held), it
 * tries again at growing intervals for an hour, then leaves it to the next netwright. It has no
 * terminal: what it did goes to syslog(3), facility daemon.
 */
#ifndef NETWRIGHT_APPLY_GUARDIAN_PROCESS_H
#define NETWRIGHT_APPLY_GUARDIAN_PROCESS_H

/* To be called in a process of its own, in a session of its own. Closes every descriptor but the
 * channel, says GUARDIAN_READY, and returns when there is nothing left to guard, or a negative
 * errno. `directory` is absolute. */
int guardian_process_run(int channel, const char *directory);

#endif
