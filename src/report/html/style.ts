/** The report's style sheet: one column on a phone, two on a screen, light and dark, fit for print. */
import { FONT } from '../charts/frame.js';
import { paletteCss } from '../palette.js';

export const STYLE = `${paletteCss()}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ${FONT};-webkit-text-size-adjust:100%}
main{max-width:1040px;margin:0 auto;padding:40px 24px 64px}
.eyebrow{margin:0;color:var(--muted);font-size:13px;letter-spacing:.08em;text-transform:uppercase}
h1{margin:2px 0 4px;font-size:32px;line-height:1.2;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:0 0 12px;font-size:21px;line-height:1.3;font-weight:650}
h3{margin:0 0 6px;font-size:15px;font-weight:600}
p{margin:0 0 12px;max-width:72ch}
section{margin-top:44px;padding-top:22px;border-top:1px solid var(--faint)}
.sub{color:var(--muted)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.verdict{display:flex;gap:8px 28px;align-items:center;flex-wrap:wrap;margin:26px 0 8px;padding:20px 24px;background:var(--wash);border-radius:12px;border-left:5px solid var(--worth,var(--faint))}
.verdict.good{--worth:var(--found)}
.verdict.poor{--worth:var(--alarm)}
.verdict.fair{--worth:var(--controller)}
.verdict .big{font-size:52px;line-height:1;font-weight:650;letter-spacing:-.02em;color:var(--worth,var(--ink));white-space:nowrap;font-variant-numeric:tabular-nums}
.verdict div{flex:1 1 340px}
.verdict p:last-child{margin:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:18px 24px;margin:22px 0 0}
.tiles div{min-width:0}
.tiles dt{color:var(--muted);font-size:13px;line-height:1.35}
.tiles dd{margin:0;font-size:21px;font-weight:600;line-height:1.35;font-variant-numeric:tabular-nums}
.alarms{margin:22px 0 0;padding:14px 20px;border-radius:12px;border:1px solid var(--alarm)}
.alarms h2{font-size:16px;margin:0 0 4px;color:var(--alarm)}
.alarms ul{margin:0;padding-left:18px}
.note{margin:22px 0 0;padding:14px 20px;border-radius:12px;background:var(--wash)}
.note h2{font-size:16px;margin:0 0 4px}
.note ul{margin:0;padding-left:18px}
.how{margin:22px 0 0}
.how dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(270px,1fr));gap:12px 28px;margin:0}
.how dt{font-weight:600;font-size:14px}
.how dd{margin:0;font-size:14px;color:var(--muted)}
.claim+.sub{margin-top:-4px}
.claim{font-size:18px;font-weight:550;border-left:4px solid var(--controller);padding-left:14px;max-width:64ch}
.figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:28px 36px;align-items:start}
figure{margin:0;min-width:0}
.figures:not(:has(>.wide))>figure:last-child:nth-child(odd),.figures:has(>.wide)>figure:last-child:nth-child(even):not(.wide){grid-column:1/-1;justify-self:center;width:min(100%,520px)}
.beside{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.15fr);gap:12px 36px;align-items:start;margin-top:18px}
figure.wide{grid-column:1/-1}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:18px 24px}
.mistakes img{image-rendering:pixelated;height:auto}
figure.wide+p{margin-top:12px}
figcaption{color:var(--muted);font-size:14px;line-height:1.45;margin-top:6px;max-width:72ch}
.picture{overflow-x:auto}
svg{display:block;max-width:100%;height:auto}
svg.chart{width:100%}
svg.chart[width="400"]{max-width:520px}
svg.drawing{margin:0 auto}
.picture svg.drawing{max-width:none}
.tall{display:none}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px}
p code{line-height:1.4}
code{overflow-wrap:anywhere}
.flag{white-space:nowrap}
pre{margin:0 0 12px;padding:12px 16px;background:var(--wash);border-radius:8px;overflow-x:auto;line-height:1.5}
.scroll{overflow-x:auto;margin:0 0 12px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th{color:var(--muted);font-weight:500;text-align:left;white-space:nowrap}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--faint);vertical-align:middle}
.number{text-align:right;white-space:nowrap}
td code{display:inline-block;min-width:14ch;font-size:12px}
.candidate{display:flex;flex-wrap:wrap;align-items:center;gap:4px 18px}
.candidate svg.drawing{flex:0 0 auto;width:auto;max-width:260px;max-height:64px;margin:0}
.found{color:var(--found)}
.first{color:var(--controller);font-weight:600}
.second{color:var(--random);font-weight:600}
.warn{color:var(--alarm)}
.rowhead{margin:30px 0 14px;color:var(--muted)}
section h3{margin-top:22px}
figure h3,.rowhead:first-child{margin-top:0}
.hint{margin-top:18px}
figure.wide+.figures{margin-top:26px}
.figures+p{margin-top:22px}
.hash{color:var(--muted)}
details{margin:0 0 12px}
figure+details{margin-top:14px}
summary{cursor:pointer;color:var(--muted)}
details[open] summary{margin-bottom:8px}
a{color:var(--controller)}
.files a{display:inline-block;margin:0 14px 4px 0;font-size:14px}
footer{margin-top:48px;color:var(--muted);font-size:13px}
@media (max-width:720px){
main{padding:24px 16px 48px}
h1{font-size:26px}
.figures,.beside{grid-template-columns:minmax(0,1fr)}
.verdict .big{font-size:42px}
.across{display:none}
.tall{display:block}
.picture{margin:0 -10px}
#candidates th:nth-child(4),#candidates td:nth-child(4){display:none}
.candidate{max-width:calc(100vw - 190px)}
.candidate svg.drawing{max-width:100%}
}
@media print{
main{max-width:none;padding:0}
section{margin-top:28px}
h2,h3,.rowhead,.claim,summary{break-after:avoid}
figure,tr,.verdict,.claim,.note,.alarms,.tiles div,.how dl div,.mistakes>*{break-inside:avoid}
.picture,.scroll,pre{overflow:visible}
.picture svg.drawing{max-width:100%}
pre{white-space:pre-wrap}
section:not(#reproduction) details::details-content{content-visibility:visible;display:block;height:auto}
}
`;
