import django.core.validators
import django.db.models.deletion
import kepol.files.fields
import kepol.lib.history
import kepol.lib.money
import simple_history.models
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('stakeholders', '0003_contacts_bodies_events'),
    ]

    operations = [
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='Fassung')),
                ('search_key', models.TextField(default='', editable=False)),
                ('sort_key', models.TextField(db_index=True, default='', editable=False)),
                ('source_key', models.CharField(blank=True, db_index=True, default='', editable=False, max_length=120, verbose_name='Schlüssel der Quelle')),
                ('source', models.CharField(blank=True, help_text='Woher stammt die Angabe? Zum Beispiel eine Vorlage-Nr. oder eine Internetadresse.', max_length=500, verbose_name='Quelle')),
                ('title', models.CharField(max_length=200, verbose_name='Titel')),
                ('programme', models.CharField(choices=[('kepol', 'Koordination kommunaler Entwicklungspolitik (KEpol)'), ('nakopa', 'Nachhaltige Kommunalentwicklung durch Partnerschaftsprojekte (Nakopa)'), ('small_projects', 'Kleinprojektefonds'), ('expert', 'Fachkraft in der Partnerkommune (FKPW)'), ('transport', 'Transportkostenzuschuss'), ('other', 'anderes Programm')], max_length=20, verbose_name='Programm')),
                ('programme_name', models.CharField(blank=True, help_text='Wie es der Fördergeber nennt.', max_length=200, verbose_name='Name des Programms')),
                ('contract_number', models.CharField(blank=True, max_length=60, verbose_name='Vertragsnummer')),
                ('quota', models.DecimalField(blank=True, decimal_places=2, help_text='Anteil des Fördergebers an den Gesamtkosten, zum Beispiel 90.', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'), 'Die Förderquote liegt zwischen 0 und 100 Prozent.'), django.core.validators.MaxValueValidator(Decimal('100'), 'Die Förderquote liegt zwischen 0 und 100 Prozent.')], verbose_name='Förderquote in Prozent')),
                ('total_cents', kepol.lib.money.MoneyField(blank=True, null=True, verbose_name='Gesamtkosten')),
                ('own_share_cents', kepol.lib.money.MoneyField(blank=True, null=True, verbose_name='Eigenanteil')),
                ('note', models.TextField(blank=True, verbose_name='Bemerkung')),
                ('period_start', models.DateField(blank=True, editable=False, null=True, verbose_name='Laufzeit (Beginn)')),
                ('period_end', models.DateField(blank=True, editable=False, null=True, verbose_name='Laufzeit (Ende)')),
                ('period_named', models.BooleanField(blank=True, editable=False, null=True, verbose_name='Laufzeit (benannt)')),
                ('funder', models.ForeignKey(help_text='Mit wem der Vertrag besteht.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.organisation', verbose_name='Fördergeber')),
                ('origin_of_funds', models.ForeignKey(blank=True, help_text='Wessen Mittel weitergeleitet werden, zum Beispiel ein Bundesministerium.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.organisation', verbose_name='Mittel von')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.organisation', verbose_name='zuständige Dienststelle')),
            ],
            options={
                'verbose_name': 'Förderung',
                'verbose_name_plural': 'Förderungen',
                'ordering': ['sort_key', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quota__isnull', True), models.Q(('quota__gte', 0), ('quota__lte', 100)), _connector='OR'), name='funding_grant_quota_in_percent', violation_error_message='Die Förderquote liegt zwischen 0 und 100 Prozent.'), models.CheckConstraint(condition=models.Q(models.Q(('total_cents__isnull', True), ('total_cents__gte', 0), _connector='OR'), models.Q(('own_share_cents__isnull', True), ('own_share_cents__gte', 0), _connector='OR')), name='funding_grant_amounts_not_negative', violation_error_message='Gesamtkosten und Eigenanteil können nicht negativ sein.'), models.CheckConstraint(condition=models.Q(('total_cents__isnull', True), ('own_share_cents__isnull', True), ('own_share_cents__lte', models.F('total_cents')), _connector='OR'), name='funding_grant_own_share_within_total', violation_error_message='Der Eigenanteil ist größer als die Gesamtkosten.'), models.CheckConstraint(condition=models.Q(models.Q(('period_end__isnull', True), ('period_named__isnull', True), ('period_start__isnull', True)), models.Q(models.Q(('period_start__isnull', False), ('period_end__isnull', False), _connector='OR'), models.Q(('period_start__isnull', True), ('period_end__isnull', True), ('period_start__lte', models.F('period_end')), _connector='OR'), ('period_named__isnull', False)), _connector='OR'), name='funding_grant_period_in_order', violation_error_message='Laufzeit: Das Ende liegt vor dem Beginn.')],
            },
        ),
        migrations.CreateModel(
            name='BudgetLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='Fassung')),
                ('source_key', models.CharField(blank=True, db_index=True, default='', editable=False, max_length=120, verbose_name='Schlüssel der Quelle')),
                ('category', models.CharField(choices=[('personnel', 'Personal'), ('travel_training', 'Fortbildung und Reisen'), ('accompanying', 'begleitende Maßnahmen'), ('admin_lump_sum', 'Verwaltungskostenpauschale'), ('other', 'Sonstiges')], max_length=20, verbose_name='Kostenart')),
                ('year', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1990, 'Das Jahr liegt zwischen 1990 und 2100.'), django.core.validators.MaxValueValidator(2100, 'Das Jahr liegt zwischen 1990 und 2100.')], verbose_name='Jahr')),
                ('amount_cents', kepol.lib.money.MoneyField(verbose_name='Betrag')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='Bemerkung')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='budget_lines', to='funding.grant', verbose_name='Förderung')),
            ],
            options={
                'verbose_name': 'Haushaltsansatz',
                'verbose_name_plural': 'Haushaltsansätze',
                'ordering': ['year', 'category', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('grant', 'category', 'year'), name='funding_budgetline_once', violation_error_message='Für diese Kostenart und dieses Jahr gibt es schon einen Ansatz.'), models.CheckConstraint(condition=models.Q(('amount_cents__gte', 0)), name='funding_budgetline_not_negative', violation_error_message='Ein Ansatz kann nicht negativ sein.'), models.CheckConstraint(condition=models.Q(('year__gte', 1990), ('year__lte', 2100)), name='funding_budgetline_year', violation_error_message='Das Jahr liegt zwischen 1990 und 2100.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalBudgetLine',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('operation', models.UUIDField(db_index=True, default=kepol.lib.history.current_operation, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='Fassung')),
                ('source_key', models.CharField(blank=True, db_index=True, default='', editable=False, max_length=120, verbose_name='Schlüssel der Quelle')),
                ('category', models.CharField(choices=[('personnel', 'Personal'), ('travel_training', 'Fortbildung und Reisen'), ('accompanying', 'begleitende Maßnahmen'), ('admin_lump_sum', 'Verwaltungskostenpauschale'), ('other', 'Sonstiges')], max_length=20, verbose_name='Kostenart')),
                ('year', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1990, 'Das Jahr liegt zwischen 1990 und 2100.'), django.core.validators.MaxValueValidator(2100, 'Das Jahr liegt zwischen 1990 und 2100.')], verbose_name='Jahr')),
                ('amount_cents', kepol.lib.money.MoneyField(verbose_name='Betrag')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='Bemerkung')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('grant', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='funding.grant', verbose_name='Förderung')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical Haushaltsansatz',
                'verbose_name_plural': 'historical Haushaltsansätze',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalGrant',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('operation', models.UUIDField(db_index=True, default=kepol.lib.history.current_operation, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='Fassung')),
                ('search_key', models.TextField(default='', editable=False)),
                ('sort_key', models.TextField(db_index=True, default='', editable=False)),
                ('source_key', models.CharField(blank=True, db_index=True, default='', editable=False, max_length=120, verbose_name='Schlüssel der Quelle')),
                ('source', models.CharField(blank=True, help_text='Woher stammt die Angabe? Zum Beispiel eine Vorlage-Nr. oder eine Internetadresse.', max_length=500, verbose_name='Quelle')),
                ('title', models.CharField(max_length=200, verbose_name='Titel')),
                ('programme', models.CharField(choices=[('kepol', 'Koordination kommunaler Entwicklungspolitik (KEpol)'), ('nakopa', 'Nachhaltige Kommunalentwicklung durch Partnerschaftsprojekte (Nakopa)'), ('small_projects', 'Kleinprojektefonds'), ('expert', 'Fachkraft in der Partnerkommune (FKPW)'), ('transport', 'Transportkostenzuschuss'), ('other', 'anderes Programm')], max_length=20, verbose_name='Programm')),
                ('programme_name', models.CharField(blank=True, help_text='Wie es der Fördergeber nennt.', max_length=200, verbose_name='Name des Programms')),
                ('contract_number', models.CharField(blank=True, max_length=60, verbose_name='Vertragsnummer')),
                ('quota', models.DecimalField(blank=True, decimal_places=2, help_text='Anteil des Fördergebers an den Gesamtkosten, zum Beispiel 90.', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'), 'Die Förderquote liegt zwischen 0 und 100 Prozent.'), django.core.validators.MaxValueValidator(Decimal('100'), 'Die Förderquote liegt zwischen 0 und 100 Prozent.')], verbose_name='Förderquote in Prozent')),
                ('total_cents', kepol.lib.money.MoneyField(blank=True, null=True, verbose_name='Gesamtkosten')),
                ('own_share_cents', kepol.lib.money.MoneyField(blank=True, null=True, verbose_name='Eigenanteil')),
                ('note', models.TextField(blank=True, verbose_name='Bemerkung')),
                ('period_start', models.DateField(blank=True, editable=False, null=True, verbose_name='Laufzeit (Beginn)')),
                ('period_end', models.DateField(blank=True, editable=False, null=True, verbose_name='Laufzeit (Ende)')),
                ('period_named', models.BooleanField(blank=True, editable=False, null=True, verbose_name='Laufzeit (benannt)')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('funder', models.ForeignKey(blank=True, db_constraint=False, help_text='Mit wem der Vertrag besteht.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='stakeholders.organisation', verbose_name='Fördergeber')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('origin_of_funds', models.ForeignKey(blank=True, db_constraint=False, help_text='Wessen Mittel weitergeleitet werden, zum Beispiel ein Bundesministerium.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='stakeholders.organisation', verbose_name='Mittel von')),
                ('unit', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='stakeholders.organisation', verbose_name='zuständige Dienststelle')),
            ],
            options={
                'verbose_name': 'historical Förderung',
                'verbose_name_plural': 'historical Förderungen',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalReportDuty',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('operation', models.UUIDField(db_index=True, default=kepol.lib.history.current_operation, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='Fassung')),
                ('source_key', models.CharField(blank=True, db_index=True, default='', editable=False, max_length=120, verbose_name='Schlüssel der Quelle')),
                ('kind', models.CharField(choices=[('interim', 'Zwischennachweis'), ('final', 'Verwendungsnachweis'), ('narrative', 'Sachbericht'), ('financial', 'zahlenmäßiger Nachweis'), ('application', 'Antrag auf Anschlussförderung'), ('other', 'andere Frist')], max_length=20, verbose_name='Art')),
                ('due_on', models.DateField(verbose_name='fällig am')),
                ('submitted_on', models.DateField(blank=True, null=True, verbose_name='abgegeben am')),
                ('file', models.TextField(blank=True, max_length=200, verbose_name='Datei')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='Bemerkung')),
                ('covers_start', models.DateField(blank=True, editable=False, null=True, verbose_name='Berichtszeitraum (Beginn)')),
                ('covers_end', models.DateField(blank=True, editable=False, null=True, verbose_name='Berichtszeitraum (Ende)')),
                ('covers_named', models.BooleanField(blank=True, editable=False, null=True, verbose_name='Berichtszeitraum (benannt)')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('grant', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='funding.grant', verbose_name='Förderung')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical Berichtspflicht',
                'verbose_name_plural': 'historical Berichtspflichten',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='ReportDuty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='Fassung')),
                ('source_key', models.CharField(blank=True, db_index=True, default='', editable=False, max_length=120, verbose_name='Schlüssel der Quelle')),
                ('kind', models.CharField(choices=[('interim', 'Zwischennachweis'), ('final', 'Verwendungsnachweis'), ('narrative', 'Sachbericht'), ('financial', 'zahlenmäßiger Nachweis'), ('application', 'Antrag auf Anschlussförderung'), ('other', 'andere Frist')], max_length=20, verbose_name='Art')),
                ('due_on', models.DateField(verbose_name='fällig am')),
                ('submitted_on', models.DateField(blank=True, null=True, verbose_name='abgegeben am')),
                ('file', kepol.files.fields.StoredFileField(blank=True, max_length=200, upload_to=kepol.files.fields.generated_name, verbose_name='Datei')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='Bemerkung')),
                ('covers_start', models.DateField(blank=True, editable=False, null=True, verbose_name='Berichtszeitraum (Beginn)')),
                ('covers_end', models.DateField(blank=True, editable=False, null=True, verbose_name='Berichtszeitraum (Ende)')),
                ('covers_named', models.BooleanField(blank=True, editable=False, null=True, verbose_name='Berichtszeitraum (benannt)')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='report_duties', to='funding.grant', verbose_name='Förderung')),
            ],
            options={
                'verbose_name': 'Berichtspflicht',
                'verbose_name_plural': 'Berichtspflichten',
                'ordering': ['due_on', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('covers_end__isnull', True), ('covers_named__isnull', True), ('covers_start__isnull', True)), models.Q(models.Q(('covers_start__isnull', False), ('covers_end__isnull', False), _connector='OR'), models.Q(('covers_start__isnull', True), ('covers_end__isnull', True), ('covers_start__lte', models.F('covers_end')), _connector='OR'), ('covers_named__isnull', False)), _connector='OR'), name='funding_reportduty_covers_in_order', violation_error_message='Berichtszeitraum: Das Ende liegt vor dem Beginn.')],
            },
        ),
    ]
