// The formats and the options that people ask for most; docs/options.md has the rest, for callers of the API.
import { make } from './dom.js';

const width = { key: 'width', label: 'Width in pixels', type: 'number', min: 1, max: 16384 };
const height = { key: 'height', label: 'Height in pixels', type: 'number', min: 1, max: 16384 };
const hidden = { key: 'showHiddenSlides', label: 'Hidden slides too', type: 'checkbox' };
const quality = { key: 'jpegQuality', label: 'Quality of JPEG pictures', type: 'number', min: 0, max: 100, placeholder: '95' };
const picture = [width, height, hidden];

const FORMATS = [
  ['Documents', [
    ['pdf', 'PDF', [
      { key: 'compliance', label: 'Standard', values: [['', 'PDF 1.7'], ['PdfA1b', 'PDF/A-1b'], ['PdfA2b', 'PDF/A-2b'], ['PdfA2u', 'PDF/A-2u'], ['PdfA3b', 'PDF/A-3b'], ['PdfUa', 'PDF/UA (accessible)']] },
      quality,
      { key: 'password', label: 'Password to open the PDF', type: 'password' },
      hidden,
    ]],
    ['html', 'Web page (HTML)', [{ key: 'saveAsZip', label: 'Pictures and fonts beside the page, as a ZIP', type: 'checkbox' }, quality, hidden]],
    ['md', 'Markdown', [
      { key: 'flavor', label: 'Dialect', values: [['', 'Usual'], ['Github', 'GitHub'], ['GitLab', 'GitLab'], ['CommonMark', 'CommonMark'], ['Pandoc', 'Pandoc'], ['Trello', 'Trello']] },
      { key: 'showSlideNumber', label: 'Numbers of the slides', type: 'checkbox' },
      { key: 'showComments', label: 'Comments', type: 'checkbox' },
      hidden,
    ]],
  ]],
  ['Pictures', [
    ['png', 'PNG', picture],
    ['jpeg', 'JPEG', picture],
    ['svg', 'SVG', [width, height, { key: 'vectorizeText', label: 'Text as outlines', type: 'checkbox' }]],
    ['gif', 'GIF, animated', [width, height, { key: 'defaultDelay', label: 'Milliseconds a slide', type: 'number', min: 10, max: 60000, placeholder: '1000' }]],
    ['tiff', 'TIFF', [
      { key: 'compression', label: 'Compression', values: [['', 'LZW'], ['None', 'none'], ['CCITT4', 'CCITT 4 (black and white)'], ['RLE', 'PackBits']] },
      { key: 'dpiX', label: 'Dots per inch across', type: 'number', min: 1, max: 1200, placeholder: '96' },
      { key: 'dpiY', label: 'Dots per inch down', type: 'number', min: 1, max: 1200, placeholder: '96' },
      hidden,
    ]],
    ['bmp', 'BMP', picture],
  ]],
  ['Presentations', [
    ['pptx', 'PowerPoint (PPTX)', []],
    ['ppsx', 'PowerPoint show (PPSX)', []],
    ['potx', 'PowerPoint template (POTX)', []],
    ['odp', 'OpenDocument (ODP, by LibreOffice)', []],
    ['ppt', 'PowerPoint 97 (PPT, by LibreOffice)', []],
  ]],
];

export function fillFormats(select) {
  for (const [group, formats] of FORMATS) {
    select.append(make('optgroup', { label: group }, ...formats.map(([value, label]) => make('option', { value }, label))));
  }
}

const optionsOf = (format) => FORMATS.flatMap(([, formats]) => formats).find(([value]) => value === format)[2];

const NAMES = { pdf: 'PDF', html: 'HTML', html5: 'HTML', md: 'Markdown', jpeg: 'JPEG', tiff: 'TIFF' };

// A format as people write it.
export const formatName = (format) => NAMES[format.toLowerCase()] || format.toUpperCase();

// Shows the options of a format; gives how many there are.
export function showOptions(format, place) {
  const fields = optionsOf(format).map((option) => {
    const id = `option-${option.key}`;
    const label = make('label', { htmlFor: id }, option.label);
    if (option.values) {
      const select = make('select', { id }, ...option.values.map(([value, text]) => make('option', { value }, text)));
      return make('p', { class: 'field' }, label, ' ', select);
    }
    const { type, min, max, placeholder } = option;
    const input = make('input', { id, type, min, max, placeholder, autocomplete: type === 'password' ? 'new-password' : 'off' });
    return make('p', { class: `field ${type}` }, ...(type === 'checkbox' ? [input, ' ', label] : [label, ' ', input]));
  });
  place.replaceChildren(...fields);
  return fields.length;
}

// What was chosen, as the API takes it; nothing when all is as usual.
export function readOptions(format, place) {
  const chosen = {};
  for (const { key, type } of optionsOf(format)) {
    const input = place.querySelector(`#option-${key}`);
    if (type === 'checkbox') {
      if (input.checked) chosen[key] = true;
    } else if (input.value !== '') {
      chosen[key] = type === 'number' ? Number(input.value) : input.value;
    }
  }
  return Object.keys(chosen).length ? { format, ...chosen } : null;
}

const MOST_SLIDES = 2000;

// `1,3-5` as a list of numbers.
export function readSlides(text) {
  const slides = [];
  for (const part of text.split(/[,;\s]+/).filter(Boolean)) {
    const [, first, last = first] = /^(\d{1,5})(?:[-–](\d{1,5}))?$/.exec(part) || [];
    const [from, to] = [Number(first), Number(last)];
    if (!(from >= 1 && to >= from)) throw new Error(`“${part}” is no slide and no range of slides. Write it as in 1,3-5.`);
    for (let slide = from; slide <= to && slides.length <= MOST_SLIDES; slide += 1) slides.push(slide);
  }
  if (slides.length > MOST_SLIDES) throw new Error(`At most ${MOST_SLIDES} slides can be chosen one by one; leave the field empty for all.`);
  return slides;
}
