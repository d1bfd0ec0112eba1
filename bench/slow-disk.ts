/** A disk whose every flush takes 4 ms must not stall the event loop: its delay at 64 callers. */
import { percentile, stopProcess } from './process.ts';
import { askUntil, loopDelayP99Ms, startInstantProvider, startSubject } from './subject.ts';

const provider = await startInstantProvider();
const subject = await startSubject({
  name: 'slow disk',
  providerUrl: provider.ready,
  program: ['bench/slow-disk-server.ts'],
});
await askUntil(subject, performance.now() + 6_000);
await loopDelayP99Ms(subject);
const began = performance.now();
const latencies = await askUntil(subject, began + 5_000);
const perSecond = latencies.length / ((performance.now() - began) / 1_000);
process.stdout.write(
  `4 ms a flush: ${perSecond.toFixed(0)} turns/s · loop delay p99 ${(await loopDelayP99Ms(subject)).toFixed(1)} ms · turn p50 ${percentile(latencies, 0.5).toFixed(1)} ms\n`,
);
await subject.stop();
await stopProcess(provider.child);
