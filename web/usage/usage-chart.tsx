import { sayValue, type Bar, type Metric } from './usage-view.ts';

interface ChartProps {
  bars: Bar[];
  metric: Metric;
  locale: string;
  label: string;
  /** The bar that is not complete yet. */
  growing: string;
}

const HEIGHT = 160;

/** Days stand side by side. The table below says the same to those who do not see it. */
export function DayChart({ bars, metric, locale, label, growing }: ChartProps) {
  const most = Math.max(...bars.map(({ value }) => value ?? 0));
  const step = 100 / bars.length;
  const top = niceTop(most, metric);
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
                <rect width="100" height="3" className="fill-ember" />
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
            {bars.map(({ key, value }, index) => {
              const height = top === 0 ? 0 : ((value ?? 0) / top) * HEIGHT;
              return (
                <g key={key}>
                  <title>{`${key}: ${sayValue(value, metric, locale)}`}</title>
                  <rect x={index * step} width={step} height={HEIGHT} fill="transparent" />
                  <rect
                    data-bar={value ?? 0}
                    x={index * step + step * 0.15}
                    y={HEIGHT - height}
                    width={step * 0.7}
                    height={height}
                    fill={key === growing ? 'url(#growing)' : undefined}
                    className={key === growing ? '' : 'fill-ember'}
                  />
                </g>
              );
            })}
          </svg>
          <div aria-hidden className="flex justify-between pt-1 text-xs text-soft">
            <span>{bars[0]?.label.slice(5)}</span>
            {bars.length > 2 && <span>{bars[Math.floor(bars.length / 2)]?.label.slice(5)}</span>}
            {bars.length > 1 && <span>{bars.at(-1)?.label.slice(5)}</span>}
          </div>
        </div>
      </div>
    </figure>
  );
}

/** Names lie one below the other, so that each is readable. */
export function GroupChart({ bars, metric, locale, label }: Omit<ChartProps, 'growing'>) {
  const most = Math.max(...bars.map(({ value }) => value ?? 0));
  return (
    <figure className="m-0" aria-label={label}>
      <div aria-hidden className="space-y-3">
        {bars.map(({ key, label: name, value }) => (
          <div key={key}>
            <div className="flex justify-between gap-4 text-xs">
              <span className="min-w-0 truncate">{name}</span>
              <span className="text-soft">{sayValue(value, metric, locale)}</span>
            </div>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" className="mt-1 block h-2 w-full">
              <rect width="100" height="8" className="fill-sunken" />
              <rect
                data-bar={value ?? 0}
                width={most === 0 ? 0 : ((value ?? 0) / most) * 100}
                height="8"
                className="fill-ember"
              />
            </svg>
          </div>
        ))}
      </div>
    </figure>
  );
}

/** The end of the scale: 1, 2 or 5 times a power of ten. */
function niceTop(most: number, metric: Metric): number {
  if (most <= 0) return metric === 'cost' ? 0.01 : 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((times) => times * power >= most) ?? 10) * power;
}
