import { sayValue, type Metric, type Series } from './usage-view.ts';

interface ChartProps {
  days: string[];
  /** What stands on each other, the lowest first. */
  series: Series[];
  metric: Metric;
  locale: string;
  label: string;
}

const HEIGHT = 160;
/** A bar is no wider than this part of the chart. */
const WIDEST = 12;

/** Each holds 3:1 on the ground of both themes; the last one is for all the others together. */
const colours = ['#cf5a26', '#2f7fc1', '#4a8f4f', '#9a66c7', '#b58000', '#c2557f', '#1f8f8f', '#8a847b'];
const colourOf = ({ others }: Series, index: number) => colours[others ? colours.length - 1 : index]!;

/** Days stand side by side, the last one hatched: it is not over. A table says the same to those who do not see it. */
export function UsageChart({ days, series, metric, locale, label }: ChartProps) {
  const sums = days.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const step = 100 / days.length;
  const width = Math.min(step * 0.7, WIDEST);
  const top = niceTop(Math.max(...sums), metric);
  const heightOf = (value: number) => (value / top) * HEIGHT;
  return (
    <figure className="m-0">
      <div className="flex gap-3">
        <div aria-hidden className="flex flex-col justify-between pb-5 text-right text-xs text-soft">
          <span>{sayValue(top, metric, locale)}</span>
          <span>{sayValue(0, metric, locale)}</span>
        </div>
        <div className="min-w-0 flex-1">
          <svg
            // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an SVG that is drawn here
            role="img"
            aria-label={label}
            viewBox={`0 0 100 ${HEIGHT}`}
            preserveAspectRatio="none"
            className="block h-40 w-full overflow-visible"
          >
            <defs>
              {/* Lines that lie stay lines, however wide the drawing is stretched. */}
              <pattern id="growing" width="100" height="5" patternUnits="userSpaceOnUse">
                <rect width="100" height="2" className="fill-raised" />
              </pattern>
            </defs>
            {[0, 0.5, 1].map((part) => (
              <line
                key={part}
                x1="0"
                x2="100"
                y1={HEIGHT * part}
                y2={HEIGHT * part}
                className="stroke-line"
                vectorEffect="non-scaling-stroke"
              />
            ))}
            {days.map((day, index) => {
              const x = index * step + (step - width) / 2;
              let below = 0;
              return (
                <g key={day} data-day={day}>
                  <title>{titleOf(day, series, index, metric, locale)}</title>
                  <rect x={index * step} width={step} height={HEIGHT} fill="transparent" />
                  {series.map((one, place) => {
                    const value = one.values[index] ?? 0;
                    below += value;
                    return (
                      <rect
                        key={one.key}
                        data-bar={value}
                        x={x}
                        y={HEIGHT - heightOf(below)}
                        width={width}
                        height={heightOf(value)}
                        fill={colourOf(one, place)}
                        // A line between neighbours, so that they differ by more than their colour.
                        className={value > 0 ? 'stroke-raised' : ''}
                        vectorEffect="non-scaling-stroke"
                      />
                    );
                  })}
                  {index === days.length - 1 && (
                    <rect
                      x={x}
                      y={HEIGHT - heightOf(below)}
                      width={width}
                      height={heightOf(below)}
                      fill="url(#growing)"
                    />
                  )}
                </g>
              );
            })}
          </svg>
          <div aria-hidden className="flex justify-between pt-1 text-xs text-soft">
            <span>{days[0]?.slice(5)}</span>
            {days.length > 2 && <span>{days[Math.floor(days.length / 2)]?.slice(5)}</span>}
            {days.length > 1 && <span>{days.at(-1)?.slice(5)}</span>}
          </div>
        </div>
      </div>
      {series.length > 1 && <Legend series={series} metric={metric} locale={locale} />}
    </figure>
  );
}

/** Which colour is whose, with what it comes to; the highest stands where it is on the bars, first. */
function Legend({ series, metric, locale }: Pick<ChartProps, 'series' | 'metric' | 'locale'>) {
  return (
    <ul aria-hidden className="mt-4 flex flex-wrap gap-x-5 gap-y-1.5 text-xs">
      {series.map((one, index) => (
        <li key={one.key} className="flex min-w-0 items-center gap-2">
          <svg viewBox="0 0 1 1" className="size-3 shrink-0 rounded-sm">
            <rect width="1" height="1" fill={colourOf(one, index)} />
          </svg>
          <span className="min-w-0 truncate">{one.label}</span>
          <span className="text-soft tabular-nums">{sayValue(one.total, metric, locale)}</span>
        </li>
      ))}
    </ul>
  );
}

/** What is shown of a day to who points at it: its sum, and of what it is made. */
function titleOf(day: string, series: Series[], index: number, metric: Metric, locale: string): string {
  const used = series.filter(({ values }) => values[index] !== 0);
  const lines = used.map(({ label, values }) => `${label}: ${sayValue(values[index]!, metric, locale)}`);
  if (series.length <= 1) return `${day}: ${sayValue(series[0]?.values[index] ?? 0, metric, locale)}`;
  return [day, ...lines.toReversed()].join('\n');
}

/** The end of the scale: 1, 2 or 5 times a power of ten. */
function niceTop(most: number, metric: Metric): number {
  if (most <= 0) return metric === 'cost' ? 0.01 : 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((times) => times * power >= most) ?? 10) * power;
}
