use super::{A, Builder};
use crate::model::{Fill, GraphicKind, ShapeKind, Table, TablePart};

fn table(content: &str) -> Table {
    let slide = Builder::new(&format!(
        "<p:graphicFrame><a:graphic><a:graphicData uri='http://x/table'><a:tbl>{content}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    ))
    .slide();
    let ShapeKind::GraphicFrame(frame) = &slide.shapes[0].kind else {
        panic!()
    };
    let GraphicKind::Table(table) = &frame.kind else {
        panic!()
    };
    (**table).clone()
}

#[test]
fn cells_keep_spans_margins_and_borders() {
    let table = table(
        "<a:tblPr firstRow='1' bandRow='1' rtl='0'><a:noFill/><a:tableStyleId>{abc}</a:tableStyleId></a:tblPr><a:tblGrid><a:gridCol w='100'/><a:gridCol w='-1'/></a:tblGrid><a:tr h='50'><a:tc gridSpan='2'><a:txBody><a:p/></a:txBody><a:tcPr marL='0' anchor='ctr' vert='vert270'><a:lnL w='5'/><a:lnBlToTr/><a:noFill/></a:tcPr></a:tc><a:tc hMerge='1'/></a:tr><a:tr/>",
    );
    assert_eq!(table.style_id.as_deref(), Some("{ABC}"));
    assert!(table.first_row && table.band_rows && !table.rtl && !table.last_column);
    assert_eq!(
        (
            table.columns.as_slice(),
            table.rows.len(),
            table.rows[0].height
        ),
        (&[100, 0][..], 2, 50)
    );
    let [first, second] = &table.rows[0].cells[..] else {
        panic!()
    };
    assert_eq!(
        (
            first.grid_span,
            first.row_span,
            first.margin_left,
            first.margin_right
        ),
        (2, 1, Some(0), None)
    );
    assert_eq!(first.fill, Some(Fill::None));
    assert_eq!(first.borders.left.as_ref().unwrap().width, Some(5));
    assert!(first.borders.diagonal_up.is_some() && first.borders.top.is_none());
    assert!(second.h_merge && second.text.is_none());
}

#[test]
fn spans_end_with_the_grid() {
    let cell = "<a:tc gridSpan='99999' rowSpan='99999'/>";
    let table = table(&format!(
        "<a:tblGrid><a:gridCol w='0'/><a:gridCol w='0'/></a:tblGrid><a:tr>{cell}{cell}{cell}</a:tr><a:tr>{cell}</a:tr>"
    ));
    let spans: Vec<_> = table
        .rows
        .iter()
        .flat_map(|row| &row.cells)
        .map(|cell| (cell.grid_span, cell.row_span))
        .collect();
    assert_eq!(spans, [(2, 2), (1, 2), (1, 2), (2, 1)]);
}

#[test]
fn table_styles_hold_their_parts() {
    let mut builder = Builder::new("");
    builder.set(
        "ppt/tableStyles.xml",
        &format!("<a:tblStyleLst xmlns:a='{A}' def='{{d}}'><a:tblStyle styleId='{{d}}' styleName='N'><a:tblBg><a:fillRef idx='1'/></a:tblBg><a:wholeTbl><a:tcTxStyle b='on'><a:fontRef idx='minor'/><a:schemeClr val='dk1'/></a:tcTxStyle><a:tcStyle><a:tcBdr><a:left><a:ln w='1'/></a:left><a:top><a:lnRef idx='2'/></a:top><a:insideV><a:ln w='3'/></a:insideV></a:tcBdr><a:fill><a:noFill/></a:fill></a:tcStyle></a:wholeTbl><a:nwCell/></a:tblStyle></a:tblStyleLst>"),
    );
    let deck = builder.open().unwrap();
    let presentation = deck.presentation();
    assert_eq!(presentation.default_table_style.as_deref(), Some("{D}"));
    let style = &presentation.table_styles["{D}"];
    assert_eq!(
        style
            .background
            .as_ref()
            .unwrap()
            .fill_ref
            .as_ref()
            .unwrap()
            .index,
        1
    );
    assert_eq!(
        style
            .parts
            .iter()
            .map(|(part, _)| *part)
            .collect::<Vec<_>>(),
        [TablePart::WholeTable, TablePart::NorthWestCell]
    );
    let whole = &style.parts[0].1;
    assert_eq!(
        (whole.text.bold, whole.text.italic, whole.fill.clone()),
        (Some(true), None, Some(Fill::None))
    );
    assert_eq!(whole.text.font_ref.as_ref().unwrap().index, 2);
    assert_eq!(whole.borders.left.as_ref().unwrap().width, Some(1));
    assert_eq!(whole.borders.refs[2].as_ref().unwrap().index, 2);
    assert!(whole.borders.inside_v.is_some() && whole.borders.refs[0].is_none());
}
