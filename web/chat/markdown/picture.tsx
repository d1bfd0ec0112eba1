import { ImageOff, ImageDown } from 'lucide-react';
import { useState, type SyntheticEvent } from 'react';
import { useWords } from '../../lib/language.ts';

/** A picture from elsewhere would tell that place who reads this, so it is loaded only by a click. */
export function Picture({ src, alt }: { src?: string | Blob; alt?: string }) {
  if (typeof src !== 'string' || !URL.canParse(src, location.href)) return alt ?? null;
  const { origin, protocol, href } = new URL(src, location.href);
  if (origin === location.origin || /^(?:data:image\/|blob:)/.test(src))
    return <img src={src} alt={alt ?? ''} loading="lazy" />;
  return /^https?:$/.test(protocol) ? <FarPicture src={href} alt={alt ?? ''} /> : alt;
}

function FarPicture({ src, alt }: { src: string; alt: string }) {
  const { t } = useWords();
  const [wanted, setWanted] = useState(false);
  const { host } = new URL(src);
  if (wanted) return <PictureFrame src={src} name={alt || host} />;
  return (
    <button type="button" className="far-picture" data-not-copied onClick={() => setWanted(true)}>
      <ImageDown aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
      {t('markdown.picture', { text: alt || host, host })}
    </button>
  );
}

/**
 * The policy of the app lets no picture from elsewhere in. It is put into an empty page of its own, which may
 * load pictures and nothing else, and runs nothing.
 */
function PictureFrame({ src, name }: { src: string; name: string }) {
  const { t } = useWords();
  const [size, setSize] = useState<{ width: number; height: number } | 'lost'>();
  const fill = ({ currentTarget }: SyntheticEvent<HTMLIFrameElement>) => {
    const page = currentTarget.contentDocument;
    // A server of files that has no such page answers with another one.
    if (!page || page.scripts.length > 0) return setSize('lost');
    const picture = page.createElement('img');
    picture.addEventListener('load', () => setSize({ width: picture.naturalWidth, height: picture.naturalHeight }));
    picture.addEventListener('error', () => setSize('lost'));
    picture.style.cssText = 'display: block; width: 100%';
    picture.src = src;
    page.body.style.margin = '0';
    page.body.replaceChildren(picture);
  };
  if (size === 'lost') {
    return (
      <span className="far-picture">
        <ImageOff aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
        {t('markdown.pictureLost', { text: name })}
      </span>
    );
  }
  return (
    <iframe
      title={name}
      src={`${import.meta.env.BASE_URL}picture.html`}
      sandbox="allow-same-origin"
      onLoad={fill}
      className="picture-frame"
      style={size && { width: size.width, aspectRatio: `${size.width} / ${size.height}` }}
    />
  );
}
